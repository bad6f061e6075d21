using Dapper;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;
using System.Text.Json;
using TestSupport;

[assembly: AssemblyFixture(typeof(DeviceRegistry.Tests.Infrastructure.RegistryApp))]

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>
/// The service, in this process, on real servers: a database and Redis keys of its own. The one that all test classes share runs on the system's
/// clock and without rate limits; classes that need something else make their own.
/// </summary>
public sealed class RegistryApp : IAsyncLifetime
{
    public const string DataKey = "data-key-of-the-tests-0123456789-0123456789-0123456789";
    public const string BaseUrl = "http://localhost:8080";
    public const string Api = "/authlance/identity/api/v1";

    private static long s_lastGroup;

    private readonly RegistryApp? _sameServersAs;
    private readonly Dictionary<string, string?> _settings = new(StringComparer.Ordinal)
    {
        ["DeviceRegistry:DataKey"] = DataKey,
        ["DeviceRegistry:RateLimits"] = "false",
    };

    private WebApplicationFactory<DeviceRegistryOptions>? _factory;

    public RegistryApp()
    {
    }

    private RegistryApp(IReadOnlyDictionary<string, string?> settings, TimeProvider? clock, Action<IServiceCollection>? configure, RegistryApp? sameServersAs, string environment)
    {
        foreach (var (key, value) in settings)
        {
            _settings[key] = value;
        }

        Clock = clock ?? TimeProvider.System;
        ConfigureServices = configure;
        _sameServersAs = sameServersAs;
        Environment = environment;
    }

    public TimeProvider Clock { get; } = TimeProvider.System;

    public FakeClock FakeClock => (FakeClock)Clock;

    public LogCapture Logs { get; } = new();

    public string Database { get; private set; } = "";

    public string Redis { get; private set; } = "";

    public string RabbitMQ { get; private set; } = "";

    /// <summary>Keeps services apart that do not belong together.</summary>
    public string RedisNamespace { get; private set; } = "";

    public HttpClient Client { get; private set; } = null!;

    /// <summary>The issuer of the callers' tokens.</summary>
    public TestIssuer Issuer { get; private set; } = null!;

    public IServiceProvider Services => _factory!.Services;

    private Action<IServiceCollection>? ConfigureServices { get; }

    private string Environment { get; } = "Development";

    /// <summary>A service with settings, a clock or parts of its own; on the servers of another one when told so.</summary>
    public static async Task<RegistryApp> StartAsync(
        IReadOnlyDictionary<string, string?>? settings = null,
        TimeProvider? clock = null,
        Action<IServiceCollection>? configure = null,
        RegistryApp? sameServersAs = null,
        string environment = "Development")
    {
        var app = new RegistryApp(settings ?? new Dictionary<string, string?>(StringComparer.Ordinal), clock, configure, sameServersAs, environment);
        await app.InitializeAsync();
        return app;
    }

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        Issuer = _sameServersAs?.Issuer ?? await TestIssuer.StartAsync();
        foreach (var (key, value) in Issuer.Settings())
        {
            _settings.TryAdd(key, value);
        }

        RedisNamespace = SetDefault("DeviceRegistry:RedisNamespace", _sameServersAs?.RedisNamespace ?? Guid.NewGuid().ToString("N"));
        Database = SetDefault("ConnectionStrings:device-registry-db", _sameServersAs?.Database ?? await servers.CreateDatabaseAsync("device-registry-db"));
        Redis = SetDefault("ConnectionStrings:redis", _sameServersAs?.Redis ?? servers.Redis);
        // A broker of its own: the queues are named after the service, and its instances share them.
        RabbitMQ = SetDefault("ConnectionStrings:rabbitmq", _sameServersAs?.RabbitMQ ?? await servers.CreateBrokerAsync());

        _factory = new WebApplicationFactory<DeviceRegistryOptions>().WithWebHostBuilder(host =>
        {
            host.UseEnvironment(Environment);
            foreach (var (key, value) in _settings)
            {
                host.UseSetting(key, value);
            }

            host.ConfigureLogging(logging => logging.ClearProviders().AddProvider(Logs).SetMinimumLevel(LogLevel.Trace));
            host.ConfigureTestServices(services =>
            {
                services.AddSingleton(Clock);
                ConfigureServices?.Invoke(services);
            });
        });
        await StartServerAsync();
        Client = _factory.CreateClient();
    }

    /// <summary>A client that does not share connections or headers with the others.</summary>
    public HttpClient CreateClient() => _factory!.CreateClient();

    public T Get<T>()
        where T : notnull
        => Services.GetRequiredService<T>();

    /// <summary>Somebody with a token that names no group and no role.</summary>
    public TestUser User(string? identity = null) => new(this, identity ?? $"user-{Guid.NewGuid():N}");

    /// <summary>Somebody who administers everything.</summary>
    public TestUser GlobalAdministrator() => new(this, $"admin-{Guid.NewGuid():N}") { Roles = ["sysadmin"] };

    /// <summary>A new group.</summary>
    public async Task<TestGroup> CreateGroupAsync(int maxDevices = 5)
    {
        // Made in the database: what the operations of other tests stand on should not depend on the operation that creates groups.
        var name = $"g{Interlocked.Increment(ref s_lastGroup)}-{Guid.NewGuid():N}";
        await using var connection = new NpgsqlConnection(Database);
        var id = await connection.ExecuteScalarAsync<long>(
            "INSERT INTO groups (name, max_devices, created_at) VALUES (@name, @maxDevices, now()) RETURNING id", new { name, maxDevices });
        return new TestGroup(this, id, name);
    }

    /// <summary>Names of the events about a group that are or were in the outbox, in order, without those for the streams.</summary>
    public async Task<IReadOnlyList<string>> EventsOfAsync(long groupId)
    {
        await using var connection = new NpgsqlConnection(Database);
        var types = await connection.QueryAsync<string>("SELECT type FROM outbox WHERE aggregate = @aggregate ORDER BY id", new { aggregate = $"group:{groupId}" });
        return [.. types.Select(type => type[(type.LastIndexOf('.') + 1)..])];
    }

    /// <summary>Bodies of the events of one type about a group.</summary>
    public async Task<IReadOnlyList<JsonElement>> EventBodiesAsync(string type, long groupId)
    {
        await using var connection = new NpgsqlConnection(Database);
        var bodies = await connection.QueryAsync<string>(
            "SELECT body::text FROM outbox WHERE (body->>'groupId')::bigint = @groupId AND type LIKE '%.' || @type ORDER BY id", new { groupId, type });
        return [.. bodies.Select(body => JsonDocument.Parse(body).RootElement)];
    }

    /// <summary>What the group's streams were told, in order.</summary>
    public async Task<IReadOnlyList<(string Event, JsonElement Data)>> StreamEventsAsync(long groupId)
        => [.. (await EventBodiesAsync("GroupChanged", groupId)).SelectMany(change => change.GetProperty("events").EnumerateArray())
            .Select(one => (one.GetProperty("event").GetString()!, one.GetProperty("data")))];

    public async Task<T> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(Database);
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    public Task<long> CountAsync(string sql, object? parameters = null) => ScalarAsync<long>(sql, parameters);

    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.ExecuteAsync(sql, parameters);
    }

    public IDatabase RedisDatabase => Get<IConnectionMultiplexer>().GetDatabase();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _factory!.DisposeAsync();
        if (_sameServersAs is null)
        {
            await Issuer.DisposeAsync();
        }
    }

    // Parts of the start wait on the clock, which nobody else moves yet. Afterwards it stands on a whole second again.
    private async Task StartServerAsync()
    {
        var starting = Task.Run(() => _factory!.Server);
        if (Clock is FakeClock clock)
        {
            while (!starting.IsCompleted)
            {
                clock.Advance(TimeSpan.FromMilliseconds(25));
                await Task.WhenAny(starting, Task.Delay(25));
            }

            clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds() + 1));
        }

        await starting;
    }

    private string SetDefault(string key, string value)
    {
        _settings.TryAdd(key, value);
        return _settings[key]!;
    }
}
