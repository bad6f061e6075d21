using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, set roles.</summary>
public sealed class SetMemberRolesTests(RegistryApp app)
{
    [Fact]
    public async Task SetMemberRoles_GroupAdministrator_AtOnce()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var response = await SetAsync(group, app.GlobalAdministrator(), member.Identity, "group-admin", "group-admin", "editor");

        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(member.Identity, body.Text("user"));
        Assert.Equal(["group-admin", "editor"], body.GetProperty("groupRoles").EnumerateArray().Select(role => role.Text("role")));
        Assert.Equal(["group", "role", "user"], body.GetProperty("groupRoles")[0].Names());
        using var allowed = await member.DeleteAsync($"{group.Admin}/secrets");
        await allowed.AssertNoContentAsync();
    }

    [Fact]
    public async Task SetMemberRoles_LastAdministrator_CannotDropTheRole()
    {
        var group = await app.CreateGroupAsync();
        var (one, other) = (await group.AddAdministratorAsync(), await group.AddMemberAsync());
        using var refused = await SetAsync(group, one, one.Identity);
        await refused.AssertProblemAsync(409, "LAST_GROUP_ADMIN");
        using var second = await SetAsync(group, one, other.Identity, "group-admin");
        await second.AssertJsonAsync(HttpStatusCode.OK);
        using var dropped = await SetAsync(group, one, one.Identity);
        await dropped.AssertJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SetMemberRoles_AllDropTheRoleInParallel_OneKeepsIt()
    {
        var group = await app.CreateGroupAsync();
        var administrators = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => group.AddAdministratorAsync()));
        var answers = await Task.WhenAll(administrators.Select(one => SetAsync(group, app.GlobalAdministrator(), one.Identity)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Conflict);
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM group_members WHERE group_id = @Id AND 'group-admin' = ANY(roles)", new { group.Id }));
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task SetMemberRoles_UnknownOrInvalid_Refused()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var unknown = await SetAsync(group, app.GlobalAdministrator(), "nobody", "group-admin");
        await unknown.AssertProblemAsync(404, "MEMBER_NOT_FOUND");
        using var forbidden = await SetAsync(group, member, member.Identity, "group-admin");
        await forbidden.AssertProblemAsync(403, "FORBIDDEN");
        foreach (var json in new[] { "{}", """{"identity":"a"}""", """{"identity":"a","roles":"group-admin"}""", """{"identity":"a","roles":[1]}""", """{"identity":"a","roles":[""]}""" })
        {
            using var invalid = await app.GlobalAdministrator().PostAsync($"{RegistryApp.Api}/realm/admin/group/{group.Name}/role", json);
            await invalid.AssertProblemAsync(400, "VALIDATION_FAILED");
        }
    }

    private static Task<HttpResponseMessage> SetAsync(TestGroup group, TestUser user, string identity, params string[] roles)
        => user.PostAsync($"{RegistryApp.Api}/realm/admin/group/{group.Name}/role", new { identity, group = group.Name, roles });
}
