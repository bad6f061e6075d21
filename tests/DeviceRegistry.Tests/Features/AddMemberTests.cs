using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, add member.</summary>
public sealed class AddMemberTests(RegistryApp app)
{
    [Fact]
    public async Task AddMember_ByIdentity_IsAMemberAtOnce()
    {
        var group = await app.CreateGroupAsync();
        var newcomer = app.User();
        using var before = await newcomer.GetAsync($"{group.Realm}/devices");
        await before.AssertProblemAsync(403, "FORBIDDEN");

        using var response = await PostAsync(group, await group.AddAdministratorAsync(), new { identity = newcomer.Identity, firstName = "Ada", lastName = "L", email = "ada@example.org", group = group.Name });

        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal((newcomer.Identity, "Ada", "active", true), (body.Text("identity"), body.Text("firstName"), body.Text("state"), body.GetProperty("verified").GetBoolean()));
        using var after = await newcomer.GetAsync($"{group.Realm}/devices");
        await after.AssertJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task AddMember_ByEmail_BoundToWhoeverHasTheVerifiedAddress()
    {
        var group = await app.CreateGroupAsync();
        var email = $"Ada.{Guid.NewGuid():N}@example.org";
        using var response = await PostAsync(group, app.GlobalAdministrator(), new { email, firstName = "Ada", lastName = "L", group = group.Name });
        Assert.Equal("invited", (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("state"));

        using var unverified = await (app.User() with { Email = email }).GetAsync($"{group.Realm}/devices");
        await unverified.AssertProblemAsync(403, "FORBIDDEN");
        var ada = app.User() with { Email = email.ToUpperInvariant(), EmailVerified = true };
        using var verified = await ada.GetAsync($"{group.Realm}/devices");
        await verified.AssertJsonAsync(HttpStatusCode.OK);
        using var second = await (app.User() with { Email = email, EmailVerified = true }).GetAsync($"{group.Realm}/devices");
        await second.AssertProblemAsync(403, "FORBIDDEN");
        using var list = await ada.GetAsync($"{RegistryApp.Api}/realm/group/{group.Name}/members");
        var member = Assert.Single((await list.AssertJsonAsync(HttpStatusCode.OK)).EnumerateArray().ToList());
        Assert.Equal((ada.Identity, "Ada", "active"), (member.Text("identity"), member.Text("firstName"), member.Text("state")));
    }

    [Fact]
    public async Task AddMember_InvitationTakenInParallel_OneIdentity()
    {
        var group = await app.CreateGroupAsync();
        var email = $"{Guid.NewGuid():N}@example.org";
        using var response = await PostAsync(group, app.GlobalAdministrator(), new { email });
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => (app.User() with { Email = email, EmailVerified = true }).GetAsync($"{group.Realm}/devices")));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM group_members WHERE group_id = @Id", new { group.Id }));
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task AddMember_RemovedOne_ComesBackWithoutRoles()
    {
        var group = await app.CreateGroupAsync();
        var former = await group.AddAdministratorAsync();
        await group.RemoveSilentlyAsync(former);
        using var response = await PostAsync(group, app.GlobalAdministrator(), new { identity = former.Identity });
        Assert.Equal(0, (await response.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("groupRoles").GetArrayLength());
        using var read = await former.GetAsync($"{group.Realm}/devices");
        await read.AssertJsonAsync(HttpStatusCode.OK);
        using var admin = await former.DeleteAsync($"{group.Admin}/secrets");
        await admin.AssertProblemAsync(403, "FORBIDDEN");
    }

    [Theory]
    [InlineData("{}", "VALIDATION_FAILED")]
    [InlineData("""{"firstName":"Ada"}""", "VALIDATION_FAILED")]
    [InlineData("""{"email":"no-address"}""", "VALIDATION_FAILED")]
    [InlineData("""{"identity":5}""", "VALIDATION_FAILED")]
    [InlineData("""{"identity":"a","group":"another"}""", "GROUP_MISMATCH")]
    public async Task AddMember_Body_IsChecked(string json, string error)
    {
        var group = await app.CreateGroupAsync();
        using var response = await PostAsync(group, app.GlobalAdministrator(), json);
        await response.AssertProblemAsync(400, error);
    }

    [Fact]
    public async Task AddMember_WhoMay()
    {
        var group = await app.CreateGroupAsync();
        var (member, administrator) = (await group.AddMemberAsync(), await group.AddAdministratorAsync());
        using var byMember = await PostAsync(group, member, new { identity = "x" });
        await byMember.AssertProblemAsync(403, "FORBIDDEN");
        using var byStranger = await PostAsync(group, app.User(), new { identity = "x" });
        await byStranger.AssertProblemAsync(404, "GROUP_NOT_FOUND");
        using var byClaim = await PostAsync(group, app.User() with { AdministeredGroups = [group.Name] }, new { identity = "x" });
        await byClaim.AssertJsonAsync(HttpStatusCode.OK);
        using var global = await app.GlobalAdministrator().PostAsync($"{RegistryApp.Api}/admin/group/{group.Name}/members", new { identity = "y" });
        await global.AssertJsonAsync(HttpStatusCode.OK);
        using var notGlobal = await administrator.PostAsync($"{RegistryApp.Api}/admin/group/{group.Name}/members", new { identity = "y" });
        await notGlobal.AssertProblemAsync(403, "FORBIDDEN");
    }

    private static Task<HttpResponseMessage> PostAsync(TestGroup group, TestUser user, object body)
        => user.PostAsync($"{RegistryApp.Api}/realm/admin/group/{group.Name}/members", body);
}
