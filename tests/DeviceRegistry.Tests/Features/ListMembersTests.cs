using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, list members.</summary>
public sealed class ListMembersTests(RegistryApp app)
{
    [Fact]
    public async Task ListMembers_ActiveOnesWithRoles()
    {
        var group = await app.CreateGroupAsync();
        var administrator = await group.AddAdministratorAsync();
        var member = await group.AddMemberAsync();
        var removed = await group.AddMemberAsync();
        await group.RemoveSilentlyAsync(removed);

        using var response = await member.GetAsync($"{RegistryApp.Api}/realm/group/{group.Name}/members");

        var list = (await response.AssertJsonAsync(HttpStatusCode.OK)).EnumerateArray().ToList();
        Assert.Equal([administrator.Identity, member.Identity], list.Select(one => one.Text("identity")));
        Assert.Equal(["groupRoles", "groups", "identity", "roles", "state", "verified"], list[0].Names());
        Assert.Equal((group.Name, "group-admin"), (list[0].GetProperty("groupRoles")[0].Text("group"), list[0].GetProperty("groupRoles")[0].Text("role")));
        Assert.Equal(0, list[1].GetProperty("groupRoles").GetArrayLength());
    }

    [Fact]
    public async Task ListMembers_Stranger_NotFound()
    {
        var group = await app.CreateGroupAsync();
        using var response = await app.User().GetAsync($"{RegistryApp.Api}/realm/group/{group.Name}/members");
        await response.AssertProblemAsync(404, "GROUP_NOT_FOUND");
    }
}
