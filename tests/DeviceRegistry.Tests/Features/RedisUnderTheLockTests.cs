using System.Collections.Concurrent;
using System.Net;
using DeviceRegistry.Data;
using DeviceRegistry.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace DeviceRegistry.Tests.Features;

/// <summary>
/// Nobody waits for Redis while holding a group's lock: one that hangs would stop the group's changes, and then everybody's, for want of connections.
/// When devices were heard of last is read before a change, and only where it decides something.
/// </summary>
public sealed class RedisUnderTheLockTests : IAsyncLifetime
{
    private readonly Probe _probe = new();
    private RegistryApp _app = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await RegistryApp.StartAsync(configure: services => services.AddSingleton<ILastSeenReader>(_probe));
        _probe.Database = _app.Database;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Grant_CallerWithTwoDevices_ReadsTheTimesOnceAndBeforeTheLock()
    {
        using var scene = await Scene.CreateAsync(_app);
        using var second = await scene.JoinAsync(scene.Administrator);
        using var device = await scene.RegisterAsync();
        _probe.Seen[second.Id] = DateTimeOffset.UtcNow;
        var path = $"{scene.Group.Realm}/devices/key-requests/{await device.RequestKeyAsync()}/grant";
        _probe.Clear();

        using var response = await scene.Administrator.PostAsync(path, new { encryptedGroupKey = second.Keys.Wrap(scene.Key, device.Keys.PublicKey) });

        await response.AssertNoContentAsync();
        Assert.Equal([false], _probe.WasLocked);
        Assert.Equal(scene.Key, await device.OpenKeyAsync());
    }

    [Fact]
    public async Task Rotate_CallerWithTwoDevices_ReadsTheTimesOnceAndBeforeTheLock()
    {
        using var scene = await Scene.CreateAsync(_app);
        using var second = await scene.JoinAsync(scene.Administrator);
        using var device = await scene.JoinAsync();
        _probe.Seen[second.Id] = DateTimeOffset.UtcNow;
        _probe.Clear();

        using var response = await scene.PostRotationAsync(new { deviceKeys = new[] { new { deviceId = device.Id, encryptedGroupKey = second.Keys.Wrap(scene.Key, device.Keys.PublicKey) } } });

        await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal([false], _probe.WasLocked);
        Assert.Equal(scene.Key, await device.OpenKeyAsync());
    }

    [Fact]
    public async Task Activate_CallerWithTwoDevices_ReadsTheTimesBeforeTheLock()
    {
        using var scene = await Scene.CreateAsync(_app);
        using var second = await scene.JoinAsync(scene.Administrator);
        using var device = await scene.RegisterAsync();
        _probe.Seen[second.Id] = DateTimeOffset.UtcNow;
        _probe.Clear();

        using var response = await scene.Administrator.PostAsync($"{device.Path}/activate", new { encryptedGroupKey = second.Keys.Wrap(scene.Key, device.Keys.PublicKey) });

        await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.NotEmpty(_probe.WasLocked);
        Assert.DoesNotContain(true, _probe.WasLocked);
        Assert.Equal(scene.Key, await device.OpenKeyAsync());
    }

    /// <summary>With the header, with one device and where any device will do, there is nothing to choose.</summary>
    [Fact]
    public async Task Changes_NothingToChoose_DoNotReadTheTimes()
    {
        using var scene = await Scene.CreateAsync(_app);
        await scene.StoreSecretsAsync();
        using var one = await scene.RegisterAsync();
        using var other = await scene.RegisterAsync();
        using var third = await scene.RegisterAsync();
        var requests = $"{scene.Group.Realm}/devices/key-requests";
        var (first, second, last) = (await one.RequestKeyAsync(), await other.RequestKeyAsync(), await third.RequestKeyAsync());
        var body = new { encryptedGroupKey = Scene.Blob() };
        _probe.Clear();

        using var granted = await scene.Administrator.PostAsync($"{requests}/{first}/grant", body); // one device
        await granted.AssertNoContentAsync();
        Assert.Empty(_probe.WasLocked);

        using var mate = await scene.JoinAsync(scene.Administrator);
        _probe.Clear();
        using var byHeader = await (scene.Administrator with { DeviceHeader = scene.First.Id.ToString() }).PostAsync($"{requests}/{second}/grant", body);
        await byHeader.AssertNoContentAsync();
        using var rejected = await scene.Administrator.PostAsync($"{requests}/{last}/reject");
        await rejected.AssertNoContentAsync();
        using var updated = await scene.Administrator.PutAsync($"{scene.Group.Realm}/secrets", new { encryptedPayload = Scene.Blob() });
        await updated.AssertJsonAsync(HttpStatusCode.OK);
        using var again = await scene.Administrator.PostAsync($"{scene.Group.Realm}/secrets", new { encryptedPayload = Scene.Blob() });
        await again.AssertProblemAsync(409, "GROUP_KEY_ALREADY_INITIALIZED");

        Assert.Empty(_probe.WasLocked);
    }

    /// <summary>Stands for Redis, and looks at each question whether somebody holds a group.</summary>
    private sealed class Probe : ILastSeenReader
    {
        private readonly ConcurrentQueue<bool> _wasLocked = new();

        public string Database { get; set; } = "";

        public ConcurrentDictionary<Guid, DateTimeOffset> Seen { get; } = new();

        public IReadOnlyCollection<bool> WasLocked => _wasLocked;

        public void Clear() => _wasLocked.Clear();

        public async ValueTask<IReadOnlyDictionary<Guid, DateTimeOffset>> ReadAsync(long groupId, IReadOnlyCollection<Guid> deviceIds, CancellationToken cancellationToken)
        {
            await using var connection = new NpgsqlConnection(Database);
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT id FROM groups WHERE id = $1 FOR UPDATE SKIP LOCKED", connection) { Parameters = { new() { Value = groupId } } };
            _wasLocked.Enqueue(await command.ExecuteScalarAsync(cancellationToken) is null);
            return Seen;
        }
    }
}
