using System.Collections.Frozen;
using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Streams;
using DeviceRegistry.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TestSupport;

namespace DeviceRegistry.Tests.Streams;

/// <summary>Contract §6: what ends a stream, and what it says then.</summary>
public sealed class StreamEndTests(RegistryApp app)
{
    /// <summary>
    /// Within these of the five seconds the service has looked. Not more at once: a connection that does not take its last words within two seconds of the
    /// clock is cut, and the clock of the tests is faster than any connection.
    /// </summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Stream_ItsDeviceIsRevoked_HearsItAndEnds()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await using var own = await StreamClient.OpenAsync(ada, group, device.Id);
        await using var another = await StreamClient.OpenAsync(ada, group);

        await device.RevokeAsync();

        var rest = await own.RestAsync();
        Assert.Equal(["device_revoked", "stream_closed"], rest.Select(one => one.Name).TakeLast(2));
        Assert.Equal(["at", "groupId", "reason"], rest[^1].Data.Names());
        Assert.Equal("device_revoked", rest[^1].Data.Text("reason"));
        Assert.Equal(device.Id, (await another.NextAsync("device_revoked")).Data.GetProperty("deviceId").GetGuid());
        await group.TellAsync(effects => effects.SecretsUpdated(1));
        Assert.Equal("secrets_updated", (await another.NextAsync()).Name); // lives on
    }

    /// <summary>No event says so: only the database knows.</summary>
    [Theory]
    [InlineData("UPDATE devices SET status = 'revoked' WHERE device_id = @Device", "device_revoked")]
    [InlineData("DELETE FROM devices WHERE device_id = @Device", "device_removed")]
    [InlineData("UPDATE group_members SET state = 'removed' WHERE group_id = @Group AND identity = @Identity", "membership_removed")]
    public async Task Stream_RightIsGoneInTheDatabaseOnly_Ends(string sql, string reason)
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await using var stream = await StreamClient.OpenAsync(ada, group, device.Id);
        await using var other = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);

        await app.ExecuteAsync(sql, new { Device = device.Id, Group = group.Id, ada.Identity });

        Assert.Equal(reason, await stream.EndAsync());
        await group.TellAsync(effects => effects.SecretsUpdated(1));
        Assert.Equal("secrets_updated", (await other.NextAsync("secrets_updated")).Name);
    }

    /// <summary>Five seconds by the clock, however long the machine takes for them.</summary>
    [Theory]
    [InlineData("UPDATE devices SET status = 'revoked' WHERE device_id = @Device")]
    [InlineData("UPDATE group_members SET state = 'removed' WHERE group_id = @Group AND identity = @Identity")]
    public async Task Stream_RightIsGoneInTheDatabaseOnly_EndsWithinFiveSeconds(string sql)
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await using var stream = await StreamClient.OpenAsync(ada, group, device.Id);
        await clocked.ExecuteAsync(sql, new { Device = device.Id, Group = group.Id, ada.Identity });

        clocked.FakeClock.Advance(Look);

        Assert.Equal("stream_closed", (await stream.RestAsync())[^1].Name);
    }

    [Fact]
    public async Task Stream_MembershipRemoved_EndsByTheEventAndTheOthersAreNotTold()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await using var own = await StreamClient.OpenAsync(ada, group);
        await using var other = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);

        await group.TellAsync(effects => effects.MembershipRemoved(ada.Identity));
        await group.TellAsync(effects => effects.SecretsUpdated(1));

        Assert.Equal("membership_removed", await own.EndAsync());
        Assert.Equal("secrets_updated", (await other.NextAsync()).Name);
    }

    /// <summary>Removed, added again, and a stream opened, before the news of the removal comes.</summary>
    [Fact]
    public async Task Stream_OpenedAfterTheMemberWasAddedAgain_IsNotEndedByTheLateNews()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await app.ExecuteAsync("UPDATE groups SET change_number = 1 WHERE id = @Id", new { group.Id });
        await using var stream = await StreamClient.OpenAsync(ada, group);

        await TellRemovalAsync(group, number: 1, ada.Identity);
        await group.AppendAsync(2, events: 1);
        Assert.Equal(1, (await stream.NextAsync()).Version());

        await TellRemovalAsync(group, number: 3, ada.Identity);
        Assert.Equal("membership_removed", await stream.EndAsync());
    }

    private static Task TellRemovalAsync(TestGroup group, long number, string identity) => group.App.Get<EventBuffer>().AppendAsync(new GroupChanged
    {
        GroupId = group.Id,
        Number = number,
        Events = [],
        Closures = [new GroupStreamClosure("membership_removed", Identity: identity)],
        OccurredAt = group.App.Clock.GetUtcNow(),
    });

    /// <summary>A token speaks of a group by its name: by the old one nobody is a member, by the new one he is, and a row does not care.</summary>
    [Fact]
    public async Task Stream_GroupIsRenamed_EndsWithinFiveSecondsForMembersByTheOldNameOnly()
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        var newName = $"new-{group.Name}";
        await using var byOldName = await StreamClient.OpenAsync(group.MemberByClaim(), group);
        await using var byBoth = await StreamClient.OpenAsync(clocked.User() with { Groups = [group.Name, newName] }, group);
        await using var byRow = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);

        using var renamed = await clocked.GlobalAdministrator().PutAsync($"{RegistryApp.Api}/admin/group", new { id = group.Id, name = newName });
        await renamed.AssertJsonAsync(System.Net.HttpStatusCode.OK);
        clocked.FakeClock.Advance(Look);

        Assert.Equal("membership_removed", await byOldName.EndAsync());
        await group.TellAsync(effects => effects.SecretsUpdated(1));
        Assert.Equal("secrets_updated", (await byBoth.NextAsync()).Name);
        Assert.Equal("secrets_updated", (await byRow.NextAsync()).Name);
    }

    [Fact]
    public async Task Stream_RenewedAfterItHasClosed_TakesNoPlaceAgain()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        var open = await StreamClient.OpenAsync(ada, group);
        var hub = app.Get<StreamHub>();
        var stream = Assert.Single(hub.Streams(), one => one.Owner.Identity == ada.Identity);
        var clock = app.Services.GetServices<IHostedService>().OfType<StreamClock>().Single();
        await clock.RenewAsync(stream);
        Assert.Equal(1, await PlacesAsync());

        await open.DisposeAsync();
        await Eventually.IsTrueAsync(async () => await PlacesAsync() == 0, "The place was not given back");
        await clock.RenewAsync(stream);

        Assert.Equal(0, await PlacesAsync());

        Task<long> PlacesAsync() => app.RedisDatabase.SortedSetLengthAsync(app.Get<StreamKeys>().Places(group.Id, ada.Identity));
    }

    [Fact]
    public async Task Stream_OfAGlobalAdministrator_OutlivesAMembership()
    {
        var group = await app.CreateGroupAsync();
        var administrator = app.GlobalAdministrator();
        await app.ExecuteAsync(
            "INSERT INTO group_members (group_id, identity, state, created_at, updated_at) VALUES (@Id, @Identity, 'removed', now(), now())",
            new { group.Id, administrator.Identity });
        await using var stream = await StreamClient.OpenAsync(administrator, group);

        await group.TellAsync(effects => effects.MembershipRemoved(administrator.Identity));
        await group.TellAsync(effects => effects.SecretsUpdated(1));

        Assert.Equal("secrets_updated", (await stream.NextAsync()).Name);
    }

    [Fact]
    public async Task Stream_EndOfTheToken_EndsItThenAndNotBefore()
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        await using var stream = await StreamClient.OpenAsync(await group.AddMemberAsync(), group, lifetime: 100);

        clocked.FakeClock.Advance(TimeSpan.FromMilliseconds(99_750));
        await stream.NextPingAsync(); // the clock's loop has looked
        await group.AppendAsync(1, events: 1);
        Assert.Equal(1, (await stream.NextAsync()).Version());
        clocked.FakeClock.Advance(TimeSpan.FromMilliseconds(500)); // the loop looks every 250 ms

        Assert.Equal("token_expired", await stream.EndAsync());
    }

    [Fact]
    public async Task Stream_Idle_PingsEveryFifteenSeconds()
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        await using var stream = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);

        // The loop that pings looks every 250 ms.
        var opened = clocked.Clock.GetUtcNow();
        for (var ping = 1; ping <= 4; ping++)
        {
            clocked.FakeClock.AdvanceTo(opened + (ping * TimeSpan.FromSeconds(15)) - TimeSpan.FromMilliseconds(1));
            await group.AppendAsync(ping, events: 1);
            await stream.NextAsync("secrets_updated");
            Assert.Equal(ping - 1, stream.Pings);
            clocked.FakeClock.AdvanceTo(opened + (ping * TimeSpan.FromSeconds(15)) + TimeSpan.FromMilliseconds(250));
            await stream.NextPingAsync();
        }
    }

    [Fact]
    public async Task Stream_ServiceStops_SaysShutdown()
    {
        var stopping = await RegistryApp.StartAsync();
        var group = await stopping.CreateGroupAsync();
        await using var stream = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);

        stopping.Get<IHostApplicationLifetime>().StopApplication();

        Assert.Equal("shutdown", await stream.EndAsync());
        await stopping.DisposeAsync();
    }

    /// <summary>The clock stands still, so nobody cuts the connection before the reader reads.</summary>
    [Fact]
    public async Task Stream_ReaderFarBehind_IsToldSlowConsumerAfterWhatFitted()
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        await using var slow = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);
        await using var brisk = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);

        await OverrunAsync(group, brisk);

        var rest = await slow.RestAsync();
        Assert.Equal("slow_consumer", rest[^1].Data.Text("reason"));
        Assert.InRange(rest.Count, 2, 1744); // at least 256 did not reach it
        Assert.Equal(Enumerable.Range(1, rest.Count - 1), rest.SkipLast(1).Select(one => one.Version()));
    }

    [Fact]
    public async Task Stream_ReaderThatNeverReads_IsCutOff()
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        await using var slow = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);
        await using (var brisk = await StreamClient.OpenAsync(await group.AddMemberAsync(), group))
        {
            await OverrunAsync(group, brisk);
        }

        var hub = clocked.Get<StreamHub>();
        await Eventually.IsTrueAsync(() => Task.FromResult(hub.Count == 1), "The other stream did not close");
        Assert.Equal(StreamEnd.SlowConsumer, Assert.Single(hub.Streams()).EndReason);
        clocked.FakeClock.Advance(TimeSpan.FromSeconds(3));

        await Eventually.IsTrueAsync(() => Task.FromResult(hub.Count == 0), "The connection was not cut");
    }

    /// <summary>More events than a connection and a queue hold, at the pace of a reader that reads.</summary>
    private static async Task OverrunAsync(TestGroup group, StreamClient brisk)
    {
        for (var change = 1; change <= 20; change++)
        {
            await group.AppendAsync(change, events: 100, firstValue: ((change - 1) * 100) + 1);
            for (var i = 1; i <= 100; i++)
            {
                Assert.Equal(((change - 1) * 100) + i, (await brisk.NextAsync()).Version());
            }
        }
    }

    [Fact]
    public void Queue_256EventsBehind_IsFullAtTheNext()
    {
        var caller = new Caller { Identity = "ada", Groups = FrozenSet<string>.Empty, AdministeredGroups = FrozenSet<string>.Empty, ExpiresAt = DateTimeOffset.MaxValue };
        var group = new Group { Id = 1, Name = "group", KeyVersion = 0, KeyReady = false, EverActive = false, MaxDevices = 5, ChangeNumber = 0 };
        var access = new GroupAccess(caller, group, new MemberRow(IsActive: true, []), GroupRequirement.Member);
        var stream = new EventStream(new StreamOwner(access, null), Guid.NewGuid(), DateTimeOffset.UnixEpoch, () => { });
        var frame = EventFrame.Of(new GroupEventId(1, 0), "secrets_updated", "{}");

        Assert.All(Enumerable.Range(0, 256), _ => Assert.True(stream.TrySend(frame)));
        Assert.False(stream.TrySend(frame));
    }
}
