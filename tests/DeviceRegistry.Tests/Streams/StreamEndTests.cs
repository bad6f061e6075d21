using DeviceRegistry.Domain;
using DeviceRegistry.Streams;
using DeviceRegistry.Tests.Infrastructure;
using Microsoft.Extensions.Hosting;
using TestSupport;

namespace DeviceRegistry.Tests.Streams;

/// <summary>Contract §6: what ends a stream, and what it says then.</summary>
public sealed class StreamEndTests(RegistryApp app)
{
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

        clocked.FakeClock.Advance(TimeSpan.FromSeconds(5));

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
        var stream = new EventStream(new StreamOwner(1, "ada", null, null, DateTimeOffset.MaxValue, true), Guid.NewGuid(), DateTimeOffset.UnixEpoch, () => { });
        var frame = EventFrame.Of(new GroupEventId(1, 0), "secrets_updated", "{}");

        Assert.All(Enumerable.Range(0, 256), _ => Assert.True(stream.TrySend(frame)));
        Assert.False(stream.TrySend(frame));
    }
}
