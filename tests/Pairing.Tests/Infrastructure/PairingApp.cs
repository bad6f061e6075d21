using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
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
/// The service, in this process, on real servers: a database and Redis keys of its own. The one that all test classes share runs
/// on the system's clock and without rate limits; classes that need something else make their own.
/// </summary>
public sealed class PairingApp : IAsyncLifetime
{
    public const string AdminKey = "6f9619ff-8b86-4011-b42d-00cf4fc964ff";
    public const string KeySeed = "key-seed-of-the-tests-0123456789-0123456789-0123456789";
    public const string DataKey = "data-key-of-the-tests-0123456789-0123456789-0123456789";

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

    public string RabbitMQ { get; private set; } = "";

    /// <summary>Keeps services apart that do not belong together: one would sweep the other's pairings by its own clock.</summary>
    public string RedisNamespace { get; private set; } = "";

    public HttpClient Client { get; private set; } = null!;

    public IServiceProvider Services => _factory!.Services;

    private Action<IServiceCollection>? ConfigureServices { get; }

    private string Environment { get; } = "Development";

    /// <summary>Whether it listens on loopback: for what the server in memory does not do as the real one.</summary>
    private bool OnKestrel { get; init; }

    /// <summary>A service with settings, a clock or parts of its own; on the servers of another one when told so.</summary>
    public static async Task<PairingApp> StartAsync(
        IReadOnlyDictionary<string, string?>? settings = null,
        TimeProvider? clock = null,
        Action<IServiceCollection>? configure = null,
        PairingApp? sameServersAs = null,
        string environment = "Development",
        bool onKestrel = false)
    {
        var app = new PairingApp(settings ?? new Dictionary<string, string?>(StringComparer.Ordinal), clock, configure, sameServersAs, environment)
        {
            OnKestrel = onKestrel,
        };
        await app.InitializeAsync();
        return app;
    }

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        Database = _sameServersAs?.Database ?? await servers.CreateDatabaseAsync("pairing-db");
        Redis = _sameServersAs?.Redis ?? servers.Redis;
        RedisNamespace = _sameServersAs?.RedisNamespace ?? Guid.NewGuid().ToString("N");
        SetDefault("Pairing:RedisNamespace", RedisNamespace);
        Database = SetDefault("ConnectionStrings:pairing-db", Database);
        Redis = SetDefault("ConnectionStrings:redis", Redis);
        // A broker of its own: the queues are named after the service, and its instances share them.
        RabbitMQ = SetDefault("ConnectionStrings:rabbitmq", _sameServersAs?.RabbitMQ ?? await servers.CreateBrokerAsync());

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
        if (OnKestrel)
        {
            _factory.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            _factory.StartServer();
            var addresses = Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
            Client = new HttpClient { BaseAddress = new Uri(addresses.Single()) };
            return;
        }

        await StartServerAsync();
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
    public Task LoseStateAsync(Guid jti) => RedisDatabase.KeyDeleteAsync(StateKey(jti));

    public RedisKey StateKey(Guid jti) => Get<Pairing.Data.RedisKeys>().State(jti);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _factory!.DisposeAsync();
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
