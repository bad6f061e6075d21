using DeviceRegistry.Tests.Infrastructure;
using IdentityAuth.Contracts.V1;

namespace DeviceRegistry.Tests.Messages;

/// <summary>An erased account, over the real broker (platform design §6).</summary>
public sealed class UserDeletedConsumerTests(RegistryApp app)
{
    private const string Queue = "device-registry-user-deleted";

    [Fact]
    public async Task UserDeleted_MemberOfTwoGroups_LeavesBothWithEverythingHeHad()
    {
        var first = await app.CreateGroupAsync();
        var second = await app.CreateGroupAsync();
        var ada = await first.AddMemberAsync();
        await app.ExecuteAsync(
            "INSERT INTO group_members (group_id, identity, email, first_name, last_name, state, roles, created_at, updated_at) VALUES (@Id, @Identity, 'ada@example.com', 'Ada', 'L', 'active', '{group-admin}', now(), now())",
            new { second.Id, ada.Identity });
        using var one = await TestDevice.RegisterAsync(first, ada);
        using var two = await TestDevice.RegisterAsync(second, ada);
        var bob = await first.AddMemberAsync();
        using var bobs = await TestDevice.RegisterAsync(first, bob);
        await using var stream = await StreamClient.OpenAsync(ada, first);
        await using var ofDevice = await StreamClient.OpenAsync(ada, second, two.Id);
        await using var ofBob = await StreamClient.OpenAsync(bob, first);

        await app.DeliverAsync(new UserDeleted { UserId = ada.Identity, OccurredAt = DateTimeOffset.UtcNow }, Queue);

        using var beat = await ada.PostAsync($"{one.Path}/heartbeat");
        await beat.AssertProblemAsync(403, "FORBIDDEN");
        Assert.Equal("membership_removed", await stream.EndAsync());
        Assert.Contains(await ofDevice.EndAsync(), new[] { "device_revoked", "membership_removed" });
        Assert.Equal(one.Id, (await ofBob.NextAsync("device_revoked")).Data.GetProperty("deviceId").GetGuid());
        Assert.Equal(2, await app.CountAsync("SELECT count(*) FROM devices WHERE user_id = @Identity AND status = 'revoked'", new { ada.Identity }));
        Assert.Equal(2, await app.CountAsync(
            "SELECT count(*) FROM group_members WHERE identity = @Identity AND state = 'removed' AND email IS NULL AND first_name IS NULL AND last_name IS NULL AND roles = '{}'",
            new { ada.Identity }));
        Assert.Equal("pending", await app.ScalarAsync<string>("SELECT status FROM devices WHERE device_id = @Id", new { bobs.Id }));
        foreach (var group in new[] { first, second })
        {
            Assert.Equal("identity-auth", Assert.Single(await app.EventBodiesAsync("DeviceRevoked", group.Id)).Text("actor"));
        }
    }

    [Fact]
    public async Task UserDeleted_MemberByClaimOnly_TheClaimCountsNoMore()
    {
        var group = await app.CreateGroupAsync();
        var ada = group.MemberByClaim();
        using var device = await TestDevice.RegisterAsync(group, ada);

        await app.DeliverAsync(new UserDeleted { UserId = ada.Identity, OccurredAt = DateTimeOffset.UtcNow }, Queue);

        using var presence = await ada.GetAsync($"{group.Realm}/devices/presence");
        await presence.AssertProblemAsync(403, "FORBIDDEN");
    }

    [Fact]
    public async Task UserDeleted_SameMessageTwiceAndAnotherOne_PublishesOnce()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        var deleted = new UserDeleted { UserId = ada.Identity, OccurredAt = DateTimeOffset.UtcNow };
        var id = Guid.NewGuid();

        await app.DeliverAsync(deleted, Queue, id);
        await app.DeliverAgainAsync(deleted, Queue, id);
        await app.DeliverAsync(deleted, Queue);

        Assert.Single(await app.EventBodiesAsync("DeviceRevoked", group.Id));
        Assert.Equal(2, (await app.EventBodiesAsync("GroupChanged", group.Id)).Count); // registered, and gone
    }

    [Fact]
    public async Task UserDeleted_OpenKeyRequest_IsRejectedWithTheDevice()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        var request = Guid.NewGuid();
        await app.ExecuteAsync(
            "INSERT INTO key_requests (request_id, group_id, device_id, public_key, status, created_at, expires_at) VALUES (@request, @group, @device, '', 'pending', now(), now() + interval '1 day')",
            new { request, group = group.Id, device = device.Id });

        await app.DeliverAsync(new UserDeleted { UserId = ada.Identity, OccurredAt = DateTimeOffset.UtcNow }, Queue);

        Assert.Equal("rejected", await app.ScalarAsync<string>("SELECT status FROM key_requests WHERE request_id = @request", new { request }));
        Assert.Equal(["DeviceRegistered", "KeyRequestRejected", "DeviceRevoked"], await app.EventsOfAsync(group.Id));
    }

    [Fact]
    public async Task UserDeleted_NobodyWeKnow_ChangesNothing()
    {
        var stranger = app.User();

        await app.DeliverAsync(new UserDeleted { UserId = stranger.Identity, OccurredAt = DateTimeOffset.UtcNow }, Queue);

        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM group_members WHERE identity = @Identity", new { stranger.Identity }));
    }
}
