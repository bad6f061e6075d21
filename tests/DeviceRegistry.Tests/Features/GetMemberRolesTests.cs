using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, get roles.</summary>
public sealed class GetMemberRolesTests(RegistryApp app)
{
    [Fact]
    public async Task GetMemberRoles_Member_HisRoles()
    {
        var group = await app.CreateGroupAsync();
        var (administrator, member) = (await group.AddAdministratorAsync(), await group.AddMemberAsync());
        using var response = await member.GetAsync($"{RegistryApp.Api}/realm/group/{group.Name}/role/{administrator.Identity}");
        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal((administrator.Identity, "group-admin"), (body.Text("user"), body.GetProperty("groupRoles")[0].Text("role")));
        using var none = await member.GetAsync($"{RegistryApp.Api}/realm/group/{group.Name}/role/{member.Identity}");
        Assert.Equal(0, (await none.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("groupRoles").GetArrayLength());
        using var unknown = await member.GetAsync($"{RegistryApp.Api}/realm/group/{group.Name}/role/nobody");
        await unknown.AssertProblemAsync(404, "MEMBER_NOT_FOUND");
    }

    [Fact]
    public async Task GetMemberRoles_IdentityWithASlash_IsFound()
    {
        var group = await app.CreateGroupAsync();
        await app.ExecuteAsync("INSERT INTO group_members (group_id, identity, state, created_at, updated_at) VALUES (@Id, 'a/b c', 'active', now(), now())", new { group.Id });
        using var response = await app.GlobalAdministrator().GetAsync($"{RegistryApp.Api}/realm/group/{group.Name}/role/a%2Fb%20c");
        Assert.Equal("a/b c", (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("user"));
    }
}
