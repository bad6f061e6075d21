using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;
using TestSupport;

[assembly: AssemblyFixture(typeof(Pairing.Tests.Infrastructure.PairingApp))]

namespace Pairing.Tests.Infrastructure;

/// <summary>
/// The service, in this process, on real servers: a database and a Redis database of its own. The one that all test classes share runs
/// on the system's clock and without rate limits; classes that need something else make their own.
/// </summary>
public sealed class PairingApp : IAsyncLifetime
{
    public const string AdminKey = "6f9619ff-8b86-4011-b42d-00cf4fc964ff";
    public const string KeySeed = "key-seed-of-the-tests-0123456789-0123456789-0123456789";
    public const string DataKey = "data-key-of-the-tests-0123456789-0123456789-0123456789";

    private static int s_redisDatabase = Random.Shared.Next(15);

    private readonly PairingApp? _sameServersAs;
    private readonly Dictionary<string, string?> _settings = new(StringComparer.Ordinal)
    {
        ["Pairing:AdminKey"] = AdminKey,
        ["Pairing:KeySeed"] = KeySeed,
        ["Pairing:DataKey"] = DataKey,
        ["Pairing:RateLimits"] = "false",
        ["Pairing:StatusStreamFallback"] = "00:01:00",
    };

    private WebApplicationFactory<PairingOptions>? _factory;

    public PairingApp()
    {
    }

    private PairingApp(IReadOnlyDictionary<string, string?> settings, TimeProvider? clock, Action<IServiceCollection>? configure, PairingApp? sameServersAs, string environment)
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

    public HttpClient Client { get; private set; } = null!;

    public IServiceProvider Services => _factory!.Services;

    private Action<IServiceCollection>? ConfigureServices { get; }

    private string Environment { get; } = "Development";

    /// <summary>A service with settings, a clock or parts of its own; on the servers of another one when told so.</summary>
    public static async Task<PairingApp> StartAsync(
        IReadOnlyDictionary<string, string?>? settings = null,
        TimeProvider? clock = null,
        Action<IServiceCollection>? configure = null,
        PairingApp? sameServersAs = null,
        string environment = "Development")
    {
        var app = new PairingApp(settings ?? new Dictionary<string, string?>(StringComparer.Ordinal), clock, configure, sameServersAs, environment);
        await app.InitializeAsync();
        return app;
    }

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        Database = _sameServersAs?.Database ?? await servers.CreateDatabaseAsync("pairing-db");
        Redis = _sameServersAs?.Redis ?? $"{servers.Redis},defaultDatabase={1 + ((Interlocked.Increment(ref s_redisDatabase) & int.MaxValue) % 15)}";
        SetDefault("ConnectionStrings:pairing-db", Database);
        SetDefault("ConnectionStrings:redis", Redis);
        SetDefault("ConnectionStrings:rabbitmq", servers.RabbitMQ);

        _factory = new WebApplicationFactory<PairingOptions>().WithWebHostBuilder(host =>
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
        Client = _factory.CreateClient();
    }

    /// <summary>A client that does not share connections or headers with the others.</summary>
    public HttpClient CreateClient() => _factory!.CreateClient();

    public T Get<T>()
        where T : notnull
        => Services.GetRequiredService<T>();

    public async Task<TestTenant> CreateTenantAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/v1/tenants");
        request.Headers.Add("X-API-Key", AdminKey);
        using var response = await Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        return new TestTenant(this, body.GetProperty("id").GetGuid(), body.GetProperty("apiKey").GetString()!);
    }

    /// <summary>Names of the events about a pairing that are or were in the outbox, in order.</summary>
    public async Task<IReadOnlyList<string>> EventsOfAsync(Guid jti)
    {
        await using var connection = new NpgsqlConnection(Database);
        var types = await connection.QueryAsync<string>(
            "SELECT type FROM outbox WHERE body->>'jti' = @jti ORDER BY id", new { jti = jti.ToString() });
        return [.. types.Select(type => type[(type.LastIndexOfAny(['.', ':']) + 1)..])];
    }

    /// <summary>Bodies of the events of one type about a user.</summary>
    public async Task<IReadOnlyList<JsonElement>> EventBodiesAsync(string type, Guid userId)
    {
        await using var connection = new NpgsqlConnection(Database);
        var bodies = await connection.QueryAsync<string>(
            "SELECT body::text FROM outbox WHERE body->>'userId' = @userId AND type LIKE '%' || @type ORDER BY id", new { userId = userId.ToString(), type });
        return [.. bodies.Select(body => JsonDocument.Parse(body).RootElement)];
    }

    public async Task<long> CountAsync(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(Database);
        return await connection.ExecuteScalarAsync<long>(sql, parameters);
    }

    /// <summary>How many rows tell of this user, in every table that can.</summary>
    public Task<long> RowsOfUserAsync(Guid userId) => CountAsync(
        """
        SELECT (SELECT count(*) FROM app_user WHERE user_id = @userId)
             + (SELECT count(*) FROM user_device d JOIN app_user u ON u.id = d.app_user WHERE u.user_id = @userId)
             + (SELECT count(*) FROM reference_measurement m JOIN app_user u ON u.id = m.app_user WHERE u.user_id = @userId)
             + (SELECT count(*) FROM pairing_link WHERE user_id = @userId)
        """,
        new { userId });

    public IDatabase RedisDatabase => Get<IConnectionMultiplexer>().GetDatabase();

    /// <summary>Forgets a pairing's state, as a Redis that has lost its data.</summary>
    public Task LoseStateAsync(Guid jti) => RedisDatabase.KeyDeleteAsync($"pairing:state:{jti}");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _factory!.DisposeAsync();
    }

    private void SetDefault(string key, string value) => _settings.TryAdd(key, value);
}
