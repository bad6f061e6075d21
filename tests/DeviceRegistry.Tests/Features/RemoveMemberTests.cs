using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, remove member.</summary>
public sealed class RemoveMemberTests(RegistryApp app)
{
    [Fact]
    public async Task RemoveMember_WithDevices_RevokedAndOutAtOnce()
    {
        using var scene = await Scene.CreateAsync(app);
        using var active = await scene.JoinAsync();
        using var pending = await scene.RegisterAsync();
        var byClaim = scene.Member with { Groups = [scene.Group.Name] };

        using var response = await DeleteAsync(scene.Group, scene.Administrator, new { identity = scene.Member.Identity, group = scene.Group.Name });

        Assert.Equal("removed", (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("state"));
        Assert.Equal(2, await app.CountAsync("SELECT count(*) FROM devices WHERE user_id = @Identity AND status = 'revoked'", new { scene.Member.Identity }));
        Assert.Equal(2, (await app.EventBodiesAsync("DeviceRevoked", scene.Group.Id)).Count);
        // The row decides, whatever the token says.
        using var read = await byClaim.GetAsync($"{scene.Group.Realm}/devices");
        await read.AssertProblemAsync(403, "FORBIDDEN");
        var closures = (await app.EventBodiesAsync("GroupChanged", scene.Group.Id))[^1].GetProperty("closures").EnumerateArray().Select(one => one.Text("reason"));
        Assert.Equal(["device_revoked", "device_revoked", "membership_removed"], closures);
        using var again = await DeleteAsync(scene.Group, scene.Administrator, new { identity = scene.Member.Identity });
        await again.AssertProblemAsync(404, "MEMBER_NOT_FOUND");
    }

    [Fact]
    public async Task RemoveMember_ByClaimOnly_KnownByHisDevice()
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, group.MemberByClaim());
        using var response = await DeleteAsync(group, app.GlobalAdministrator(), new { identity = device.Owner.Identity });
        await response.AssertJsonAsync(HttpStatusCode.OK);
        using var read = await device.Owner.GetAsync($"{group.Realm}/devices");
        await read.AssertProblemAsync(403, "FORBIDDEN");
    }

    /// <summary>His token still says that he is a member, and nothing but a row can say otherwise.</summary>
    [Fact]
    public async Task RemoveMember_ByClaimWhoseOnlyDeviceIsRevoked_OutAtOnceAndUnknownAfterwards()
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, group.MemberByClaim());
        await device.RevokeAsync();

        using var response = await DeleteAsync(group, app.GlobalAdministrator(), new { identity = device.Owner.Identity });

        await response.AssertJsonAsync(HttpStatusCode.OK);
        using var read = await device.Owner.GetAsync($"{group.Realm}/devices");
        await read.AssertProblemAsync(403, "FORBIDDEN");
        using var again = await DeleteAsync(group, app.GlobalAdministrator(), new { identity = device.Owner.Identity });
        await again.AssertProblemAsync(404, "MEMBER_NOT_FOUND");
    }

    [Fact]
    public async Task RemoveMember_Invitation_IsTakenBack()
    {
        var group = await app.CreateGroupAsync();
        var email = $"{Guid.NewGuid():N}@example.org";
        using var invited = await app.GlobalAdministrator().PostAsync($"{RegistryApp.Api}/realm/admin/group/{group.Name}/members", new { email });
        using var response = await app.GlobalAdministrator().DeleteAsync($"{RegistryApp.Api}/admin/group/{group.Name}/members", new { email });
        await response.AssertJsonAsync(HttpStatusCode.OK);
        using var read = await (app.User() with { Email = email, EmailVerified = true }).GetAsync($"{group.Realm}/devices");
        await read.AssertProblemAsync(403, "FORBIDDEN");
    }

    [Fact]
    public async Task RemoveMember_InvitedByHisAddressToo_DoesNotComeBackByIt()
    {
        var group = await app.CreateGroupAsync();
        var email = $"{Guid.NewGuid():N}@example.org";
        var ada = app.User() with { Email = email, EmailVerified = true };
        await AddAsync(group, new { email });
        await AddAsync(group, new { identity = ada.Identity, email = email.ToUpperInvariant() }); // takes the place of the invitation
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM group_members WHERE group_id = @Id", new { group.Id }));
        await app.ExecuteAsync(
            "INSERT INTO group_members (group_id, email, state, created_at, updated_at) VALUES (@Id, @email, 'active', now(), now())", new { group.Id, email });

        using var removed = await DeleteAsync(group, app.GlobalAdministrator(), new { identity = ada.Identity });

        await removed.AssertJsonAsync(HttpStatusCode.OK);
        using var read = await ada.GetAsync($"{group.Realm}/devices");
        await read.AssertProblemAsync(403, "FORBIDDEN");
    }

    [Fact]
    public async Task RemoveMember_UnknownOrNotAllowed_Refused()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var unknown = await DeleteAsync(group, app.GlobalAdministrator(), new { identity = "nobody" });
        await unknown.AssertProblemAsync(404, "MEMBER_NOT_FOUND");
        using var refused = await DeleteAsync(group, member, new { identity = member.Identity });
        await refused.AssertProblemAsync(403, "FORBIDDEN");
        using var empty = await DeleteAsync(group, app.GlobalAdministrator(), new { });
        await empty.AssertProblemAsync(400, "VALIDATION_FAILED");
    }

    [Fact]
    public async Task RemoveMember_RacingWithHisRegistration_NoLivingDeviceIsLeft()
    {
        for (var round = 0; round < 20; round++)
        {
            var group = await app.CreateGroupAsync();
            var member = await group.AddMemberAsync();
            using var keys = new DeviceKeys();
            var registration = member.PostAsync($"{group.Realm}/devices", new { deviceName = "a", deviceType = "web", publicKey = keys.PublicKey });
            var removal = DeleteAsync(group, app.GlobalAdministrator(), new { identity = member.Identity });
            using var registered = await registration;
            using var removed = await removal;

            await removed.AssertJsonAsync(HttpStatusCode.OK);
            Assert.True(registered.StatusCode is HttpStatusCode.Created or HttpStatusCode.Forbidden);
            Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id AND status <> 'revoked'", new { group.Id }));
        }
    }

    private async Task AddAsync(TestGroup group, object member)
    {
        using var response = await app.GlobalAdministrator().PostAsync($"{RegistryApp.Api}/realm/admin/group/{group.Name}/members", member);
        await response.AssertJsonAsync(HttpStatusCode.OK);
    }

    private static Task<HttpResponseMessage> DeleteAsync(TestGroup group, TestUser user, object body)
        => user.DeleteAsync($"{RegistryApp.Api}/realm/admin/group/{group.Name}/members", body);
}
