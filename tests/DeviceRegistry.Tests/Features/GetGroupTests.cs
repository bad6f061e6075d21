using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, get group.</summary>
public sealed class GetGroupTests(RegistryApp app)
{
    [Fact]
    public async Task GetGroup_Member_LearnsTheNumber()
    {
        var group = await app.CreateGroupAsync();
        foreach (var user in new[] { await group.AddMemberAsync(), group.MemberByClaim(), app.GlobalAdministrator() })
        {
            using var response = await user.GetAsync($"{RegistryApp.Api}/realm/group/{group.Name}");
            Assert.Equal(group.Id, (await response.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("id").GetInt64());
        }
    }

    [Fact]
    public async Task GetGroup_StrangerOrUnknown_TheSameNotFound()
    {
        var group = await app.CreateGroupAsync();
        using var stranger = await app.User().GetAsync($"{RegistryApp.Api}/realm/group/{group.Name}");
        await stranger.AssertProblemAsync(404, "GROUP_NOT_FOUND");
        using var unknown = await app.User().GetAsync($"{RegistryApp.Api}/realm/group/no-such-group");
        await unknown.AssertProblemAsync(404, "GROUP_NOT_FOUND");
    }
}
