using System.Net;
using System.Text.Json;
using DeviceRegistry.Data;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.4, on a clock that the tests move.</summary>
public sealed class GetDevicePresenceTests(ClockedRegistryApp clocked) : IClassFixture<ClockedRegistryApp>
{
    private readonly RegistryApp _app = clocked.App;

    [Fact]
    public async Task GetDevicePresence_GroupWithoutDevices_IsEmpty()
    {
        var group = await _app.CreateGroupAsync(maxDevices: 7);

        var presence = await GetAsync(group, await group.AddMemberAsync());

        Assert.Equal(["count", "devices", "groupId", "max", "offlineCount", "onlineCount", "reachableCount"], presence.Names());
        Assert.Equal(group.Id, presence.GetProperty("groupId").GetInt64());
        Assert.Equal((0, 7, 0, 0, 0), Counts(presence));
    }

    [Fact]
    public async Task GetDevicePresence_JustBelowTheWindowAndAtItsEnd_IsOnlineThenOffline()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        Assert.False((await OneAsync(group, ada)).TryGetProperty("lastSeenAt", out _));
        using var beat = await ada.PostAsync($"{device.Path}/heartbeat");
        await beat.AssertNoContentAsync();

        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(89_999));
        var before = await OneAsync(group, ada);
        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        var after = await OneAsync(group, ada);

        Assert.Equal(("online", true, true), State(before));
        Assert.Equal(("offline", false, false), State(after));
        Assert.Equal(before.Text("lastSeenAt"), after.Text("lastSeenAt"));
        Assert.Equal(["deviceId", "deviceName", "deviceType", "hasPushToken", "lastSeenAt", "online", "reachable", "status", "userId"], after.Names());
    }

    [Fact]
    public async Task GetDevicePresence_PushTokenStored_IsReachableWhenNotOnline()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await GivePushTokenAsync(device);

        var away = await OneAsync(group, ada);
        using var beat = await ada.PostAsync($"{device.Path}/heartbeat");
        var there = await OneAsync(group, ada);

        Assert.Equal(("reachable", false, true), State(away));
        Assert.Equal(("online", true, true), State(there));
        Assert.Equal((true, "ios"), (there.GetProperty("hasPushToken").GetBoolean(), there.Text("pushPlatform")));
        Assert.DoesNotContain("secret-reference", there.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetDevicePresence_AllKinds_CountedByStatusAndRevokedLeftOut()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var online = await TestDevice.RegisterAsync(group, ada);
        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        using var reachable = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        using var offline = await TestDevice.RegisterAsync(group, ada);
        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        using var revoked = await TestDevice.RegisterAsync(group, ada);
        using var beat = await ada.PostAsync($"{online.Path}/heartbeat");
        await GivePushTokenAsync(reachable);
        await revoked.RevokeAsync();

        var presence = await GetAsync(group, ada);

        Assert.Equal((3, 5, 1, 1, 1), Counts(presence));
        Assert.Equal(
            [(online.Id, "online"), (reachable.Id, "reachable"), (offline.Id, "offline")],
            presence.GetProperty("devices").EnumerateArray().Select(device => (device.GetProperty("deviceId").GetGuid(), device.Text("status"))));
    }

    [Fact]
    public async Task GetDevicePresence_RedisHasLostIt_GoesByTheRow()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await _app.ExecuteAsync("UPDATE devices SET last_seen_at = @at WHERE device_id = @Id", new { at = _app.Clock.GetUtcNow().UtcDateTime, device.Id });

        Assert.Equal(("online", true, true), State(await OneAsync(group, ada)));
    }

    [Fact]
    public async Task GetDevicePresence_OpenStreamOfTheDevice_CountsAsHeartbeat()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await using (await StreamClient.OpenAsync(ada, group, device.Id))
        {
            Assert.Equal(("online", true, true), State(await OneAsync(group, ada)));

            // Twice as long as one beat is good for: the open stream renews it.
            var renewed = _app.Clock.GetUtcNow() + TimeSpan.FromSeconds(180);
            while (_app.Clock.GetUtcNow() < renewed)
            {
                var before = await SeenAsync(group, device);
                _app.FakeClock.Advance(TimeSpan.FromSeconds(15.5));
                await Eventually.IsTrueAsync(async () => await SeenAsync(group, device) > before, "The stream did not renew its device's presence");
            }

            Assert.Equal(("online", true, true), State(await OneAsync(group, ada)));
        }
    }

    [Fact]
    public async Task GetDevicePresence_OpenStreamOfTheDevice_ReachesTheRowEveryThirtySecondsToo()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await using var stream = await StreamClient.OpenAsync(ada, group, device.Id);

        DateTime? first = null;
        await Eventually.IsTrueAsync(async () => (first = await LookAsync()) is not null, "The stream did not reach the device's row");
        _app.FakeClock.Advance(TimeSpan.FromSeconds(30));
        await Eventually.IsTrueAsync(async () => await LookAsync() - first >= TimeSpan.FromSeconds(30), "The stream did not reach the row again");

        // What the row knows is enough when Redis has lost it; and a device that is there is not pending for too long.
        await _app.LoseRedisAsync();
        Assert.Equal(("online", true, true), State(await OneAsync(group, ada)));

        async Task<DateTime?> LookAsync()
        {
            _app.FakeClock.Advance(TimeSpan.FromMilliseconds(250)); // the loop looks as often
            return await _app.ScalarAsync<DateTime?>("SELECT last_seen_at FROM devices WHERE device_id = @Id", new { device.Id });
        }
    }

    /// <summary>The device is gone while its stream, which has not heard of it yet, says once more that it is there.</summary>
    [Fact]
    public async Task GetDevicePresence_StreamOutlivesItsDevice_NobodyIsToldThatItIsOnline()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await device.RevokeAsync();
        await using var stream = await StreamClient.OpenAsync(ada, group);

        await _app.Get<PresenceStore>().TouchAsync(group.Id, device.Id);
        await group.TellAsync(effects => effects.SecretsUpdated(1));

        TestEvent told;
        do
        {
            told = await stream.NextAsync(); // the revocation may still be on its way
            Assert.NotEqual("device_presence", told.Name);
        }
        while (told.Name != "secrets_updated");
        Assert.Equal(0, await SeenAsync(group, device));
    }

    [Fact]
    public async Task GetDevicePresence_Stranger_Forbidden()
    {
        var group = await _app.CreateGroupAsync();
        var stranger = _app.User();
        var removed = await group.AddMemberAsync();
        await group.RemoveSilentlyAsync(removed);

        foreach (var (user, path) in new[] { (stranger, group.Realm), (removed, group.Realm), (stranger, $"{RegistryApp.Api}/realm/groups/999999999") })
        {
            using var response = await user.GetAsync($"{path}/devices/presence");
            await response.AssertProblemAsync(403, "FORBIDDEN");
        }

        using var anonymous = await _app.Client.GetAsync($"{group.Realm}/devices/presence");
        await anonymous.AssertProblemAsync(401, "UNAUTHORIZED");
        using var noGroup = await stranger.GetAsync($"{RegistryApp.Api}/realm/groups/0/devices/presence");
        await noGroup.AssertProblemAsync(400, "INVALID_GROUP_ID");
    }

    [Fact]
    public async Task GetDevicePresence_MemberByClaimAndGlobalAdministrator_MayRead()
    {
        var group = await _app.CreateGroupAsync();

        Assert.Equal(0, (await GetAsync(group, group.MemberByClaim())).GetProperty("count").GetInt32());
        Assert.Equal(0, (await GetAsync(group, _app.GlobalAdministrator())).GetProperty("count").GetInt32());
    }

    private Task<long> SeenAsync(TestGroup group, TestDevice device)
        => Task.FromResult((long)_app.RedisDatabase.HashGet($"device-registry:{_app.RedisNamespace}:seen:{group.Id}", device.Id.ToString()));

    private Task GivePushTokenAsync(TestDevice device)
        => _app.ExecuteAsync("UPDATE devices SET push_reference = 'secret-reference', push_platform = 'ios' WHERE device_id = @Id", new { device.Id });

    private static async Task<JsonElement> GetAsync(TestGroup group, TestUser user)
    {
        using var response = await user.GetAsync($"{group.Realm}/devices/presence");
        return await response.AssertJsonAsync(HttpStatusCode.OK);
    }

    private static async Task<JsonElement> OneAsync(TestGroup group, TestUser user)
        => Assert.Single((await GetAsync(group, user)).GetProperty("devices").EnumerateArray());

    private static (string Status, bool Online, bool Reachable) State(JsonElement device)
        => (device.Text("status"), device.GetProperty("online").GetBoolean(), device.GetProperty("reachable").GetBoolean());

    private static (int Count, int Max, int Online, int Reachable, int Offline) Counts(JsonElement presence)
        => (presence.GetProperty("count").GetInt32(), presence.GetProperty("max").GetInt32(), presence.GetProperty("onlineCount").GetInt32(),
            presence.GetProperty("reachableCount").GetInt32(), presence.GetProperty("offlineCount").GetInt32());
}
