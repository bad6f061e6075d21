using System.Text.Json;
using Dapper;
using IdentityAuth.Data;
using IdentityAuth.Delivery;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;
using TestSupport;

[assembly: AssemblyFixture(typeof(IdentityAuth.Tests.Infrastructure.IdentityApp))]

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>
/// The service, in this process, on real servers: a database and Redis keys of its own. The one that all test classes share runs
/// on the system's clock, without rate limits and with cheap password hashes; classes that need something else make their own.
/// Messages do not leave: they are read where they wait, from the table.
/// </summary>
public sealed class IdentityApp : IAsyncLifetime
{
    public const string DataKey = "data-key-of-the-tests-0123456789-0123456789-0123456789";
    public const string SudoKey = "sudo-key-of-the-tests-0123456789-0123456789-0123456789";
    public const string AdministratorEmail = "root@platform.test";

    private readonly IdentityApp? _sameServersAs;
    private readonly Dictionary<string, string?> _settings = new(StringComparer.Ordinal)
    {
        ["IdentityAuth:DataKey"] = DataKey,
        ["IdentityAuth:SudoKey"] = SudoKey,
        ["IdentityAuth:AdministratorEmail"] = AdministratorEmail,
        ["IdentityAuth:RateLimits"] = "false",
        ["IdentityAuth:SweepInterval"] = "1.00:00:00",
        ["IdentityAuth:Passwords:MemoryKiB"] = "64",
        ["IdentityAuth:Passwords:Iterations"] = "1",
        ["IdentityAuth:Passwords:Queue"] = "10000",
    };

    private WebApplicationFactory<IdentityAuthOptions>? _factory;

    public IdentityApp()
    {
    }

    private IdentityApp(IReadOnlyDictionary<string, string?> settings, TimeProvider? clock, Action<IServiceCollection>? configure, IdentityApp? sameServersAs, string environment)
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

    public string RedisNamespace { get; private set; } = "";

    public IServiceProvider Services => _factory!.Services;

    private Action<IServiceCollection>? ConfigureServices { get; }

    private string Environment { get; } = "Development";

    /// <summary>A service with settings, a clock or parts of its own; on the servers of another one when told so.</summary>
    public static async Task<IdentityApp> StartAsync(
        IReadOnlyDictionary<string, string?>? settings = null,
        TimeProvider? clock = null,
        Action<IServiceCollection>? configure = null,
        IdentityApp? sameServersAs = null,
        string environment = "Development")
    {
        var app = new IdentityApp(settings ?? new Dictionary<string, string?>(StringComparer.Ordinal), clock, configure, sameServersAs, environment);
        await app.InitializeAsync();
        return app;
    }

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        Database = _sameServersAs?.Database ?? await servers.CreateDatabaseAsync("identity-auth-db");
        RedisNamespace = _sameServersAs?.RedisNamespace ?? Guid.NewGuid().ToString("N");
        SetDefault("IdentityAuth:RedisNamespace", RedisNamespace);
        Database = SetDefault("ConnectionStrings:identity-auth-db", Database);
        SetDefault("ConnectionStrings:redis", servers.Redis);
        SetDefault("ConnectionStrings:rabbitmq", servers.RabbitMQ);

        _factory = new WebApplicationFactory<IdentityAuthOptions>().WithWebHostBuilder(host =>
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
                // Tests read messages from the table; the worker has tests of its own.
                services.Remove(services.Single(service => service.ServiceType == typeof(DeliveryWorker)));
                foreach (var hosted in services.Where(service => service.ServiceType == typeof(Microsoft.Extensions.Hosting.IHostedService)
                    && service.ImplementationFactory?.Method.ReturnType == typeof(DeliveryWorker)).ToList())
                {
                    services.Remove(hosted);
                }

                ConfigureServices?.Invoke(services);
            });
        });
        await StartServerAsync();
    }

    /// <summary>A device at an address of its own, with headers of its own.</summary>
    public TestClient CreateClient(string? address = null) => new(this, _factory!.CreateClient(new WebApplicationFactoryClientOptions { HandleCookies = false }), address ?? TestClient.NewAddress());

    public T Get<T>()
        where T : notnull
        => Services.GetRequiredService<T>();

    public IDatabase RedisDatabase => Get<IConnectionMultiplexer>().GetDatabase();

    /// <summary>The messages that wait for somebody, oldest first.</summary>
    internal async Task<IReadOnlyList<DeliveryContent>> MessagesAsync(string to)
    {
        await using var connection = new NpgsqlConnection(Database);
        var rows = await connection.QueryAsync<(Guid Id, byte[] Content)>("SELECT id, content FROM deliveries ORDER BY created_at, id");
        var deliveries = Get<Deliveries>();
        return [.. rows.Select(row => deliveries.Open(row.Id, row.Content)).Where(message => string.Equals(message.To, to, StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>The newest message of a kind for somebody, waiting for it: some are written behind the answer.</summary>
    internal async Task<DeliveryContent> MessageAsync(string to, string kind, int number = 1)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var found = (await MessagesAsync(to)).Where(message => message.Kind == kind).ToList();
            if (found.Count >= number)
            {
                return found[^1];
            }

            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Names of the events about an account that are or were in the outbox, in order.</summary>
    public async Task<IReadOnlyList<string>> EventsOfAsync(string userId)
    {
        await using var connection = new NpgsqlConnection(Database);
        var types = await connection.QueryAsync<string>("SELECT type FROM outbox WHERE body->>'userId' = @userId ORDER BY id", new { userId });
        return [.. types.Select(type => type[(type.LastIndexOfAny(['.', ':']) + 1)..])];
    }

    /// <summary>Bodies of the events of one type about an account.</summary>
    public async Task<IReadOnlyList<JsonElement>> EventBodiesAsync(string type, string userId)
    {
        await using var connection = new NpgsqlConnection(Database);
        var bodies = await connection.QueryAsync<string>(
            "SELECT body::text FROM outbox WHERE body->>'userId' = @userId AND type LIKE '%' || @type ORDER BY id", new { userId, type });
        return [.. bodies.Select(body => JsonDocument.Parse(body).RootElement)];
    }

    public async Task<long> CountAsync(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(Database);
        return await connection.ExecuteScalarAsync<long>(sql, parameters);
    }

    /// <summary>Changes an account behind the service's back, and tells it so.</summary>
    public async Task ChangeUserAsync(string userId, string assignments, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(Database);
        var values = new DynamicParameters(parameters);
        values.Add("id", long.Parse(userId, null));
        await connection.ExecuteAsync($"UPDATE users SET {assignments} WHERE id = @id", values);
        await Get<ChangeBroadcast>().UserChangedAsync(long.Parse(userId, null));
    }

    public async ValueTask DisposeAsync()
    {
        if (_factory is not null)
        {
            await _factory.DisposeAsync();
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
