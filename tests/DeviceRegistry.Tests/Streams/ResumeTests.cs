using DeviceRegistry.Data;
using DeviceRegistry.Tests.Infrastructure;
using TestSupport;

namespace DeviceRegistry.Tests.Streams;

/// <summary>Contract §6: going on after a break, without gaps or repeats.</summary>
public sealed class ResumeTests(RegistryApp app)
{
    [Fact]
    public async Task Resume_AfterTheLastEventSeen_RepeatsNothingAndMissesNothing()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        string? last;
        await using (var stream = await StreamClient.OpenAsync(ada, group))
        {
            await group.AppendAsync(1, events: 3);
            Assert.Equal(1, (await stream.NextAsync()).Version());
            Assert.Equal(2, (await stream.NextAsync()).Version());
            last = stream.LastId;
        }

        await group.AppendAsync(2, events: 2, firstValue: 4);
        await using var header = await StreamClient.OpenAsync(ada, group, lastEventId: last);
        await using var query = await StreamClient.OpenAsync(ada, group, query: $"?lastEventId={last}");
        await group.AppendAsync(3, events: 1, firstValue: 6);

        foreach (var stream in new[] { header, query })
        {
            for (var expected = 3; expected <= 6; expected++)
            {
                Assert.Equal(expected, (await stream.NextAsync()).Version());
            }
        }
    }

    [Fact]
    public async Task Resume_WithTheNewestId_NothingIsSaidUntilSomethingHappens()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await using var first = await StreamClient.OpenAsync(ada, group);
        await group.AppendAsync(1, events: 1);
        await first.NextAsync();

        await using var second = await StreamClient.OpenAsync(ada, group, lastEventId: first.LastId);
        await group.AppendAsync(2, events: 1, firstValue: 2);

        Assert.Equal(2, (await second.NextAsync()).Version());
    }

    [Theory]
    [InlineData("1-0")]
    [InlineData("9999999999999-0")]
    [InlineData("nonsense")]
    [InlineData("0-0")]
    public async Task Resume_UnknownId_OneResyncAndLiveFromThere(string id)
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await group.AppendAsync(1, events: 3);

        await using var stream = await StreamClient.OpenAsync(ada, group, lastEventId: id);
        var resync = await stream.NextAsync();
        await group.AppendAsync(2, events: 1, firstValue: 4);

        Assert.Equal("resync", resync.Name);
        Assert.Equal(["at", "groupId", "reason"], resync.Data.Names());
        Assert.Equal(4, (await stream.NextAsync()).Version());

        // Its id is where the stream stands: whoever reconnects with it is not told again.
        await using var next = await StreamClient.OpenAsync(ada, group, lastEventId: resync.Id);
        Assert.Equal(4, (await next.NextAsync()).Version());
    }

    [Fact]
    public async Task Resume_ThousandEventsBehindAndOneMore_AllOfThemThenResync()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await group.AppendAsync(1, events: 1, firstValue: 0);
        var known = (await app.Get<EventBuffer>().ReadAsync(group.Id, after: null, limit: 1)).Newest.ToString();
        await group.AppendAsync(2, events: 1000);

        await using (var stream = await StreamClient.OpenAsync(ada, group, lastEventId: known))
        {
            for (var expected = 1; expected <= 1000; expected++)
            {
                Assert.Equal(expected, (await stream.NextAsync()).Version());
            }
        }

        await group.AppendAsync(3, events: 1, firstValue: 1001);
        await using var late = await StreamClient.OpenAsync(ada, group, lastEventId: known);
        Assert.Equal("resync", (await late.NextAsync()).Name);
    }

    [Fact]
    public async Task Resume_FifteenMinutesBehindAndAMillisecondMore_AllThenResync()
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await group.AppendAsync(1, events: 1);
        var known = (await clocked.Get<EventBuffer>().ReadAsync(group.Id, after: null, limit: 1)).Newest.ToString();
        await group.AppendAsync(2, events: 1, firstValue: 2);

        clocked.FakeClock.Advance(TimeSpan.FromMinutes(15));
        await using (var stream = await StreamClient.OpenAsync(ada, group, lastEventId: known))
        {
            Assert.Equal(2, (await stream.NextAsync()).Version());
        }

        clocked.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        await using var late = await StreamClient.OpenAsync(ada, group, lastEventId: known);
        Assert.Equal("resync", (await late.NextAsync()).Name);
    }

    [Fact]
    public async Task Resume_QuietForHours_IsNoLoss()
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await group.AppendAsync(1, events: 1);
        var known = (await clocked.Get<EventBuffer>().ReadAsync(group.Id, after: null, limit: 1)).Newest.ToString();

        clocked.FakeClock.Advance(TimeSpan.FromHours(3));
        await using var stream = await StreamClient.OpenAsync(ada, group, lastEventId: known);
        await group.AppendAsync(2, events: 1, firstValue: 2);

        Assert.Equal(2, (await stream.NextAsync()).Version());
    }

    /// <summary>Writers do not stop while the client breaks off and comes back, to one instance and to the other.</summary>
    [Fact]
    public async Task Resume_UnderConcurrentWritesOnTwoInstances_EveryEventOnceAndInOrder()
    {
        const int writers = 4;
        const int each = 30;
        await using var other = await RegistryApp.StartAsync(sameServersAs: app);
        var group = await app.CreateGroupAsync(maxDevices: writers * each);
        var ada = await group.AddMemberAsync();
        var bob = await group.AddMemberAsync();
        var seen = new List<TestEvent>();
        var stream = await StreamClient.OpenAsync(ada, group);

        var writing = Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            for (var i = 0; i < each; i++)
            {
                using var device = await TestDevice.RegisterAsync(group with { App = writer % 2 == 0 ? app : other }, bob with { App = writer % 2 == 0 ? app : other });
            }
        }));
        for (var turn = 1; seen.Count < writers * each; turn++)
        {
            for (var i = 0; i < 7 && seen.Count < writers * each; i++)
            {
                seen.Add(await stream.NextAsync());
            }

            var last = stream.LastId;
            await stream.DisposeAsync();
            stream = await StreamClient.OpenAsync(ada, group, lastEventId: last, client: turn % 2 == 0 ? app.Client : other.Client);
        }

        await writing;
        await group.TellAsync(effects => effects.SecretsUpdated(1));
        Assert.Equal("secrets_updated", (await stream.NextAsync()).Name); // nothing comes twice
        await stream.DisposeAsync();
        Assert.All(seen, one => Assert.Equal("device_registered", one.Name));
        var told = (await app.StreamEventsAsync(group.Id)).Where(one => one.Event == "device_registered").Select(one => one.Data.GetProperty("deviceId").GetGuid());
        Assert.Equal(told, seen.Select(one => one.Data.GetProperty("deviceId").GetGuid()));
        var ids = seen.Select(one => DeviceRegistry.Domain.GroupEventId.TryParse(one.Id, out var id) ? id : default).ToList();
        Assert.Equal(ids.Order(), ids);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task Append_SameChangeAgain_IsToldOnce()
    {
        var group = await app.CreateGroupAsync();
        await using var stream = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);

        await group.AppendAsync(1, events: 1);
        await group.AppendAsync(1, events: 1);
        await group.AppendAsync(2, events: 1, firstValue: 2);

        Assert.Equal(1, (await stream.NextAsync()).Version());
        Assert.Equal(2, (await stream.NextAsync()).Version());
    }

    [Fact]
    public async Task Append_AChangeIsMissing_StreamsResync()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await using var stream = await StreamClient.OpenAsync(ada, group);
        await group.AppendAsync(1, events: 1);
        await stream.NextAsync();
        var last = stream.LastId;

        await group.AppendAsync(3, events: 1, firstValue: 3);

        Assert.Equal("resync", (await stream.NextAsync()).Name);
        await using var resumed = await StreamClient.OpenAsync(ada, group, lastEventId: last);
        Assert.Equal("resync", (await resumed.NextAsync()).Name);
    }
}
