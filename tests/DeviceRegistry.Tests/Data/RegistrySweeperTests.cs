using DeviceRegistry.Data;
using DeviceRegistry.Tests.Infrastructure;
using TestSupport;

namespace DeviceRegistry.Tests.Data;

/// <summary>What only time decides (contract §3).</summary>
public sealed class RegistrySweeperTests : IAsyncLifetime
{
    private RegistryApp _app = null!;

    public async ValueTask InitializeAsync()
        => _app = await RegistryApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["DeviceRegistry:SweepInterval"] = "01:00:00" }, new FakeClock());

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Sweep_KeyRequestAfterADay_ExpiredOnce()
    {
        using var scene = await Scene.CreateAsync(_app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        // Straight to the last moment at which it is open: the service's own sweep finds nothing on the way.
        await _app.ExecuteAsync("UPDATE key_requests SET expires_at = @at WHERE request_id = @request", new { request, at = _app.Clock.GetUtcNow().AddMilliseconds(1) });
        Assert.Equal(0, await SweepAsync());
        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));
        var swept = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SweepAsync()));

        Assert.Equal(1, swept.Sum());
        Assert.Equal("expired", await _app.ScalarAsync<string>("SELECT status FROM key_requests WHERE request_id = @request", new { request }));
        Assert.Equal("KeyRequestExpired", (await _app.EventsOfAsync(scene.Group.Id))[^1]);
        Assert.Equal("key_request_expired", (await _app.StreamEventsAsync(scene.Group.Id))[^1].Event);
        Assert.Single(await _app.EventsOfAsync(scene.Group.Id), "KeyRequestExpired");
    }

    [Fact]
    public async Task Sweep_PendingDeviceAfterSevenDays_Gone()
    {
        using var scene = await Scene.CreateAsync(_app);
        using var stale = await scene.RegisterAsync();
        using var alive = await scene.RegisterAsync();
        var week = RegistrySweeper.PendingLifetime;
        var now = _app.Clock.GetUtcNow();
        await _app.ExecuteAsync("UPDATE devices SET updated_at = @at WHERE device_id = @Id", new { stale.Id, at = now - week + TimeSpan.FromMilliseconds(1) });
        await _app.ExecuteAsync("UPDATE devices SET updated_at = @at, last_seen_at = @now WHERE device_id = @Id", new { alive.Id, at = now - week - week, now });
        await _app.ExecuteAsync("UPDATE devices SET updated_at = @at WHERE device_id = @Id", new { scene.First.Id, at = now - week - week }); // active ones stay
        Assert.Equal(0, await SweepAsync());

        _app.FakeClock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(1, await SweepAsync());
        Assert.Equal(0, await _app.CountAsync("SELECT count(*) FROM devices WHERE device_id = @Id", new { stale.Id }));
        Assert.Equal(2, await _app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id", new { scene.Group.Id }));
        Assert.Equal("DeviceExpired", (await _app.EventsOfAsync(scene.Group.Id))[^1]);
        Assert.Equal("device_removed", (await _app.StreamEventsAsync(scene.Group.Id))[^1].Event);
        // It may come back: nobody revoked it.
        using var again = await TestDevice.RegisterAsync(scene.Group, scene.Member, stale.Keys);
    }

    [Fact]
    public async Task Sweep_TheServiceItself_DoesItByItsInterval()
    {
        using var scene = await Scene.CreateAsync(_app);
        using var device = await scene.RegisterAsync();
        await device.RequestKeyAsync();
        for (var hour = 0; hour < 25; hour++)
        {
            _app.FakeClock.Advance(TimeSpan.FromHours(1));
        }

        await Eventually.IsTrueAsync(async () => (await _app.EventsOfAsync(scene.Group.Id)).Contains("KeyRequestExpired"), "Nobody swept");
    }

    private Task<int> SweepAsync() => _app.Get<RegistrySweeper>().SweepAsync(TestContext.Current.CancellationToken);

    /// <summary>Each of them is told, and what one message can hold is limited.</summary>
    [Fact]
    public async Task Sweep_MoreStaleDevicesThanAMessageHolds_AllGoneAndTold()
    {
        const int Devices = 1500;
        var group = await _app.CreateGroupAsync(maxDevices: Devices);
        await AddStaleAsync(group, Devices);

        Assert.Equal(Devices, await SweepAsync());

        Assert.Equal(0, await _app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id", new { group.Id }));
        Assert.Equal(Devices, (await _app.StreamEventsAsync(group.Id)).Count(one => one.Event == "device_removed"));
        var changes = await _app.EventBodiesAsync("GroupChanged", group.Id);
        Assert.Equal(Enumerable.Range(1, changes.Count), changes.Select(change => change.GetProperty("number").GetInt32()));
        Assert.Equal(Devices, changes.Sum(change => change.GetProperty("closures").GetArrayLength()));
    }

    [Fact]
    public async Task Sweep_OneGroupFails_TheOthersAreSwept()
    {
        var groups = new[] { await _app.CreateGroupAsync(), await _app.CreateGroupAsync(), await _app.CreateGroupAsync() };
        foreach (var group in groups)
        {
            await AddStaleAsync(group, 1);
        }

        await _app.ExecuteAsync($"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
            CREATE TRIGGER refuse BEFORE DELETE ON devices FOR EACH ROW WHEN (OLD.group_id = {groups[1].Id}) EXECUTE FUNCTION refuse();
            """);

        Assert.Equal(2, await SweepAsync());
        Assert.Equal(groups[1].Id, await _app.ScalarAsync<long>("SELECT group_id FROM devices WHERE status = 'pending'"));
    }

    private Task AddStaleAsync(TestGroup group, int count) => _app.ExecuteAsync(
        """
        INSERT INTO devices (device_id, group_id, user_id, name, type, public_key, public_key_sha256, status, created_at, updated_at)
        SELECT gen_random_uuid(), @Id, repeat('u', 255), 'a', 'web', '\x00', sha256(n::text::bytea), 'pending', @at, @at FROM generate_series(1, @count) AS n
        """,
        new { group.Id, count, at = _app.Clock.GetUtcNow() - RegistrySweeper.PendingLifetime });
}
