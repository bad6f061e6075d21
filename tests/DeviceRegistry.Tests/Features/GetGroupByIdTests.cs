using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, get group by number.</summary>
public sealed class GetGroupByIdTests(RegistryApp app)
{
    [Fact]
    public async Task GetGroupById_GlobalAdministrator_ReadsIt()
    {
        var group = await app.CreateGroupAsync();
        using var response = await app.GlobalAdministrator().GetAsync($"{RegistryApp.Api}/admin/group/id/{group.Id}");
        Assert.Equal(group.Name, (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("name"));
        using var unknown = await app.GlobalAdministrator().GetAsync($"{RegistryApp.Api}/admin/group/id/9007199254740991");
        await unknown.AssertProblemAsync(404, "GROUP_NOT_FOUND");
        using var invalid = await app.GlobalAdministrator().GetAsync($"{RegistryApp.Api}/admin/group/id/x");
        await invalid.AssertProblemAsync(400, "INVALID_GROUP_ID");
        using var refused = await app.User().GetAsync($"{RegistryApp.Api}/admin/group/id/{group.Id}");
        await refused.AssertProblemAsync(403, "FORBIDDEN");
    }

    /// <summary>Contract §1.4: the path's syntax goes before who may.</summary>
    [Fact]
    public async Task GetGroupById_NoNumber_RefusedAlsoToSomebodyWhoMayNot()
    {
        using var noNumber = await app.User().GetAsync($"{RegistryApp.Api}/admin/group/id/abc");
        await noNumber.AssertProblemAsync(400, "INVALID_GROUP_ID");
        using var number = await app.User().GetAsync($"{RegistryApp.Api}/admin/group/id/1");
        await number.AssertProblemAsync(403, "FORBIDDEN");
    }
}
