using System.Net;
using DeviceRegistry.Data;
using DeviceRegistry.Streams;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.8, on a clock that the tests move, with the limit on.</summary>
public sealed class SendHeartbeatTests(ClockedRegistryApp clocked) : IClassFixture<ClockedRegistryApp>
{
    private readonly RegistryApp _app = clocked.App;

    [Fact]
    public async Task SendHeartbeat_AsThePublishedClientSendsIt_NoContent()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);

        using var empty = await ada.PostAsync($"{device.Path}/heartbeat"); // a form without a byte
        await empty.AssertNoContentAsync();
        using var json = await ada.PostAsync($"{device.Path}/heartbeat", "{not json");
        await json.AssertNoContentAsync();
    }

    [Fact]
    public async Task SendHeartbeat_NobodyOrNotMember_RefusedAndNothingRecorded()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);

        using var anonymous = await _app.Client.PostAsync($"{device.Path}/heartbeat", content: null);
        await anonymous.AssertProblemAsync(401, "UNAUTHORIZED");
        using var byCookie = await _app.Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, $"{device.Path}/heartbeat")
        {
            Headers = { { "Cookie", $"loopToken={ada.Token()}" } }, // cookies are for GET
        });
        await byCookie.AssertProblemAsync(401, "UNAUTHORIZED");
        using var stranger = await _app.User().PostAsync($"{device.Path}/heartbeat");
        await stranger.AssertProblemAsync(403, "FORBIDDEN");
        using var administrator = await _app.GlobalAdministrator().PostAsync($"{device.Path}/heartbeat"); // they only read
        await administrator.AssertProblemAsync(403, "FORBIDDEN");
        using var noGroup = await ada.PostAsync($"{RegistryApp.Api}/realm/groups/999999999/devices/{device.Id}/heartbeat");
        await noGroup.AssertProblemAsync(403, "FORBIDDEN");
        using var badGroup = await ada.PostAsync($"{RegistryApp.Api}/realm/groups/x/devices/{device.Id}/heartbeat");
        await badGroup.AssertProblemAsync(400, "INVALID_GROUP_ID");
        Assert.Equal("offline", await StatusAsync(device));
    }

    [Fact]
    public async Task SendHeartbeat_NoSuchDevice_NotFound()
    {
        var group = await _app.CreateGroupAsync();
        var other = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var elsewhere = await TestDevice.RegisterAsync(other, await other.AddMemberAsync());

        foreach (var id in new[] { Guid.NewGuid().ToString(), elsewhere.Id.ToString(), "count", "d%2F1", $"{{{Guid.NewGuid()}}}" })
        {
            using var response = await ada.PostAsync($"{group.Realm}/devices/{id}/heartbeat");
            await response.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
        }
    }

    [Fact]
    public async Task SendHeartbeat_AnotherMembersDevice_NotOwnedAlsoWhenItJustBeat()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        using var own = await ada.PostAsync($"{device.Path}/heartbeat");
        await own.AssertNoContentAsync();

        using var other = await (await group.AddAdministratorAsync()).PostAsync($"{device.Path}/heartbeat");
        await other.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
    }

    [Fact]
    public async Task SendHeartbeat_RevokedAfterABeat_RefusedAtOnce()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        using var before = await ada.PostAsync($"{device.Path}/heartbeat");
        await before.AssertNoContentAsync();

        await device.RevokeAsync();

        using var after = await ada.PostAsync($"{device.Path}/heartbeat");
        await after.AssertProblemAsync(403, "DEVICE_REVOKED");
    }

    [Fact]
    public async Task SendHeartbeat_MembershipByClaim_CountsWithEachToken()
    {
        var group = await _app.CreateGroupAsync();
        var ada = group.MemberByClaim();
        using var device = await TestDevice.RegisterAsync(group, ada);
        using var member = await ada.PostAsync($"{device.Path}/heartbeat");
        await member.AssertNoContentAsync();
        using var again = await ada.PostAsync($"{device.Path}/heartbeat");
        await again.AssertNoContentAsync();

        using var notAnyMore = await (ada with { Groups = ["other", group.Name + "x"] }).PostAsync($"{device.Path}/heartbeat");
        await notAnyMore.AssertProblemAsync(403, "FORBIDDEN");
    }

    /// <summary>By the old name he is no member any more, and what was found out a moment ago does not count; it does for members by a row.</summary>
    [Fact]
    public async Task SendHeartbeat_GroupIsRenamed_RefusedAtOnceByTheOldName()
    {
        var group = await _app.CreateGroupAsync();
        var (byName, byRow) = (group.MemberByClaim(), await group.AddMemberAsync());
        using var device = await TestDevice.RegisterAsync(group, byName);
        using var other = await TestDevice.RegisterAsync(group, byRow);
        foreach (var one in new[] { device, other })
        {
            using var before = await one.Owner.PostAsync($"{one.Path}/heartbeat");
            await before.AssertNoContentAsync();
        }

        await RenameAsync(group, $"new-{group.Name}");

        using var refused = await byName.PostAsync($"{device.Path}/heartbeat");
        await refused.AssertProblemAsync(403, "FORBIDDEN");
        using var row = await byRow.PostAsync($"{other.Path}/heartbeat");
        await row.AssertNoContentAsync();
        Assert.Equal("online", await StatusAsync(other)); // presence stays

        var byNewName = byName with { Groups = [$"new-{group.Name}"] };
        using var welcome = await byNewName.PostAsync($"{device.Path}/heartbeat");
        await welcome.AssertNoContentAsync();
        using var again = await byNewName.PostAsync($"{device.Path}/heartbeat");
        await again.AssertNoContentAsync();
    }

    /// <summary>Whatever becomes of the key, what makes it anew gives it an end.</summary>
    [Fact]
    public async Task SendHeartbeat_KeyOfTheOnlineDevicesIsGone_ComesBackWithAnEnd()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        using var first = await ada.PostAsync($"{device.Path}/heartbeat");
        var online = _app.Get<StreamKeys>().Online;
        await _app.RedisDatabase.KeyDeleteAsync(online);
        _app.FakeClock.Advance(TimeSpan.FromSeconds(1));

        using var second = await ada.PostAsync($"{device.Path}/heartbeat");

        await second.AssertNoContentAsync();
        Assert.NotNull(await _app.RedisDatabase.KeyTimeToLiveAsync(online));
    }

    private async Task RenameAsync(TestGroup group, string name)
    {
        using var renamed = await _app.GlobalAdministrator().PutAsync($"{RegistryApp.Api}/admin/group", new { id = group.Id, name });
        await renamed.AssertJsonAsync(HttpStatusCode.OK);
    }

    /// <summary>
    /// The row is changed behind the service's back: a beat that does not notice has not asked the database. It changes hands and is not
    /// revoked, because that the sweep of silent devices may notice first.
    /// </summary>
    [Fact]
    public async Task SendHeartbeat_WithinFiveMinutesOfACheck_DoesNotAskTheDatabase()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        using var first = await ada.PostAsync($"{device.Path}/heartbeat");
        await _app.ExecuteAsync("UPDATE devices SET user_id = 'somebody else' WHERE device_id = @Id", new { device.Id });

        _app.FakeClock.Advance(TimeSpan.FromMilliseconds((5 * 60 * 1000) - 1));
        using var unasked = await ada.PostAsync($"{device.Path}/heartbeat");
        await unasked.AssertNoContentAsync();

        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        using var asked = await ada.PostAsync($"{device.Path}/heartbeat");
        await asked.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
    }

    /// <summary>Another instance has read the row before the change and writes down what it read after it.</summary>
    [Fact]
    public async Task SendHeartbeat_ChangeBetweenCheckAndBeat_NextBeatAsksAgain()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        var presence = _app.Get<PresenceStore>();
        var caller = new DeviceRegistry.Domain.Caller
        {
            Identity = ada.Identity,
            Groups = System.Collections.Frozen.FrozenSet<string>.Empty,
            AdministeredGroups = System.Collections.Frozen.FrozenSet<string>.Empty,
            ExpiresAt = DateTimeOffset.MaxValue,
        };

        await presence.ForgetAsync(group.Id, device.Id);
        Assert.Equal(BeatOutcome.Recorded, (await presence.BeatAsync(caller, group.Id, device.Id, granted: "")).Outcome);
        Assert.Equal("offline", await StatusAsync(device)); // revoked is revoked: it does not come back online

        Assert.Equal(BeatOutcome.Ask, (await presence.BeatAsync(caller, group.Id, device.Id, granted: null)).Outcome);
        _app.FakeClock.Advance(TimeSpan.FromSeconds(60));
        Assert.NotEqual(BeatOutcome.Ask, (await presence.BeatAsync(caller, group.Id, device.Id, granted: "")).Outcome);
        Assert.NotEqual(BeatOutcome.Ask, (await presence.BeatAsync(caller, group.Id, device.Id, granted: null)).Outcome);
    }

    [Fact]
    public async Task SendHeartbeat_SixtyAMinute_TheNextOneIsTooMany()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        for (var i = 0; i < 60; i++)
        {
            using var beat = await ada.PostAsync($"{device.Path}/heartbeat");
            await beat.AssertNoContentAsync();
            _app.FakeClock.Advance(TimeSpan.FromMilliseconds(100));
        }

        using var tooMany = await ada.PostAsync($"{device.Path}/heartbeat");
        await tooMany.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.Equal(54, tooMany.Headers.RetryAfter!.Delta!.Value.TotalSeconds);

        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(53_999)); // 59.999 s after the first
        using var stillTooMany = await ada.PostAsync($"{device.Path}/heartbeat");
        await stillTooMany.AssertProblemAsync(429, "RATE_LIMITED");
        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        using var welcome = await ada.PostAsync($"{device.Path}/heartbeat");
        await welcome.AssertNoContentAsync();
    }

    [Fact]
    public async Task SendHeartbeat_HundredInParallel_ExactlySixtyAreTaken()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);

        var responses = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ada.PostAsync($"{device.Path}/heartbeat")));

        Assert.Equal(60, responses.Count(response => response.StatusCode == HttpStatusCode.NoContent));
        Assert.Equal(40, responses.Count(response => response.StatusCode == HttpStatusCode.TooManyRequests));
        Assert.All(responses, response => response.Dispose());
    }

    [Fact]
    public async Task SendHeartbeat_Row_IsWrittenEveryThirtySecondsAtMost()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        var start = _app.Clock.GetUtcNow();
        await BeatAndWriteAsync(ada, device);
        Assert.Equal(start.UtcDateTime, await RowAsync(device));

        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(29_999));
        await BeatAndWriteAsync(ada, device);
        Assert.Equal(start.UtcDateTime, await RowAsync(device));
        using var presence = await ada.GetAsync($"{group.Realm}/devices/presence");
        Assert.Equal(
            start.AddMilliseconds(29_999).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null), // reads know better
            (await presence.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("devices")[0].Text("lastSeenAt"));

        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        await BeatAndWriteAsync(ada, device);
        Assert.Equal(start.AddSeconds(30).UtcDateTime, await RowAsync(device));
    }

    [Fact]
    public async Task SendHeartbeat_ComingAndGoing_IsToldOnceEach()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await using var stream = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);

        var start = _app.Clock.GetUtcNow();
        await BeatAndWriteAsync(ada, device);
        await BeatAndWriteAsync(ada, device);
        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(89_999));
        await _app.Get<OfflineSweeper>().SweepAsync(CancellationToken.None);
        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _app.Get<OfflineSweeper>().SweepAsync(CancellationToken.None)));
        await BeatAndWriteAsync(ada, device);

        var told = new[] { await stream.NextAsync("device_presence"), await stream.NextAsync("device_presence"), await stream.NextAsync("device_presence") };
        Assert.Equal(["online", "offline", "online"], told.Select(one => one.Data.Text("status")));
        Assert.All(told, one => Assert.Equal(["at", "deviceId", "groupId", "lastSeenAt", "status"], one.Data.Names()));
        Assert.Equal(start.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null), told[1].Data.Text("lastSeenAt"));
    }

    [Fact]
    public async Task SendHeartbeat_GoneWithPushToken_IsToldAsReachable()
    {
        var group = await _app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await _app.ExecuteAsync("UPDATE devices SET push_reference = 'x', push_platform = 'ios' WHERE device_id = @Id", new { device.Id });
        await using var stream = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);
        await BeatAndWriteAsync(ada, device);
        Assert.Equal("online", (await stream.NextAsync("device_presence")).Data.Text("status"));

        _app.FakeClock.Advance(TimeSpan.FromSeconds(90));
        await _app.Get<OfflineSweeper>().SweepAsync(CancellationToken.None);

        Assert.Equal("reachable", (await stream.NextAsync("device_presence")).Data.Text("status"));
    }

    private async Task BeatAndWriteAsync(TestUser user, TestDevice device)
    {
        using var beat = await user.PostAsync($"{device.Path}/heartbeat");
        await beat.AssertNoContentAsync();
        await _app.Get<LastSeenWriter>().WriteAsync(CancellationToken.None);
    }

    private Task<DateTime?> RowAsync(TestDevice device) => _app.ScalarAsync<DateTime?>("SELECT last_seen_at FROM devices WHERE device_id = @Id", new { device.Id });

    private static async Task<string> StatusAsync(TestDevice device)
    {
        using var response = await device.Owner.GetAsync($"{device.Group.Realm}/devices/presence");
        return (await response.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("devices")[0].Text("status");
    }
}
