using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using TestSupport;

namespace Benchmarks.Load;

/// <summary>
/// The gateway and the three services that the benchmarks call through it, each as a process of its own so that its CPU time can be told
/// apart, on the servers that tests use. Limits of the services are those of the contracts; the gateway's own limit per client address is
/// off, because a load generator has one address.
/// </summary>
internal sealed class Platform : IAsyncDisposable
{
    private static Task<Platform>? shared;

    private readonly List<ServerProcess> processes = [];

    private Platform(BackingServers servers, string identityDatabase, string registryDatabase, int gatewayPort)
    {
        IdentityDatabase = identityDatabase;
        RegistryDatabase = registryDatabase;
        GatewayPort = gatewayPort;
        Postgres = ProcessTree.ListeningOn(new NpgsqlConnectionStringBuilder(servers.Postgres).Port);
        Redis = ProcessTree.ListeningOn(int.Parse(servers.Redis.Split(',')[0].Split(':')[1], CultureInfo.InvariantCulture));
        RabbitMQ = ProcessTree.ListeningOn(new Uri(servers.RabbitMQ).Port);
    }

    public string IdentityDatabase { get; }

    public string RegistryDatabase { get; }

    public int GatewayPort { get; }

    public Uri GatewayAddress => new($"http://127.0.0.1:{GatewayPort}");

    public int IdentityPort { get; private set; }

    public ServerProcess Gateway { get; private set; } = null!;

    public ServerProcess IdentityAuth { get; private set; } = null!;

    public ServerProcess DeviceRegistry { get; private set; } = null!;

    public ServerProcess Pairing { get; private set; } = null!;

    public ProcessTree Postgres { get; }

    public ProcessTree Redis { get; }

    public ProcessTree RabbitMQ { get; }

    /// <summary>The key of pairing's administrator.</summary>
    public string AdminKey { get; } = Guid.NewGuid().ToString();

    /// <summary>CPU time of the stores together.</summary>
    public TimeSpan StoresCpuTime => Postgres.CpuTime + Redis.CpuTime + RabbitMQ.CpuTime;

    /// <summary>The platform that the benchmarks of this run share; started by whoever asks first.</summary>
    public static Task<Platform> GetAsync() => shared ??= StartAsync();

    /// <summary>Ends it, if it was started.</summary>
    public static async Task EndAsync()
    {
        if (shared is { IsCompletedSuccessfully: true })
        {
            await (await shared).DisposeAsync();
        }
    }

    /// <summary>
    /// Makes accounts with a session each, without the hash of a password that every registration costs. All have the same password, if any.
    /// </summary>
    /// <returns>The accounts' ids and the sessions' tokens.</returns>
    public async Task<IReadOnlyList<Person>> CreatePeopleAsync(int count, string name, string? passwordHash = null)
    {
        var first = 1_000_000L + RandomNumberGenerator.GetInt32(int.MaxValue);
        var people = Enumerable.Range(0, count).Select(number => new Person(
            (first + number).ToString(CultureInfo.InvariantCulture),
            $"{name}-{number}@benchmark.example",
            $"flx_{RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 36)}",
            $"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}")).ToList();
        await using var connection = new NpgsqlConnection(IdentityDatabase);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            WITH given AS (SELECT * FROM unnest($1, $2, $3, $4) AS given (id, email, hash, ip)),
                 made AS (INSERT INTO users (id, username, discriminator, email, email_verified, password_hash, created_at, last_active_at)
                          SELECT id, 'person' || id, 1, email, true, $5, now(), now() FROM given RETURNING id),
                 known AS (INSERT INTO authorized_ips (user_id, ip, created_at) SELECT made.id, given.ip, now() FROM made JOIN given USING (id))
            INSERT INTO sessions (token_hash, user_id, method, created_at, last_used_at, ip)
            SELECT given.hash, made.id, 'password', now(), now(), given.ip FROM made JOIN given USING (id)
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = people.Select(person => long.Parse(person.Id, CultureInfo.InvariantCulture)).ToArray() },
                new() { Value = people.Select(person => person.Email).ToArray() },
                new() { Value = people.Select(person => SHA256.HashData(Encoding.ASCII.GetBytes(person.Token))).ToArray() },
                new() { Value = people.Select(person => person.Address).ToArray() },
                new() { Value = (object?)passwordHash ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
            },
        };
        await command.ExecuteNonQueryAsync();
        return people;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            process.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static async Task<Platform> StartAsync()
    {
        var servers = await BackingServers.GetAsync();
        var platform = new Platform(
            servers, await servers.CreateDatabaseAsync("identity-auth-db"), await servers.CreateDatabaseAsync("device-registry-db"), Ports.Free());
        try
        {
            await platform.StartServicesAsync(servers);
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    private async Task StartServicesAsync(BackingServers servers)
    {
        var broker = await servers.CreateBrokerAsync();
        var (identity, registry, pairing) = (Ports.Free(), Ports.Free(), Ports.Free());
        (string, string)[] common =
        [
            ("ASPNETCORE_ENVIRONMENT", "Development"), // the gateway is on loopback
            ("Platform__BaseUrl", GatewayAddress.OriginalString),
            ("ConnectionStrings__redis", servers.Redis),
            ("ConnectionStrings__rabbitmq", broker),
            ("services__identity-auth__http__0", $"http://127.0.0.1:{identity}"),
            ("services__device-registry__http__0", $"http://127.0.0.1:{registry}"),
            ("services__pairing__http__0", $"http://127.0.0.1:{pairing}"),
        ];

        IdentityPort = identity;
        IdentityAuth = await AddAsync(identity, Programs.IdentityAuth,
        [
            .. common, ("ConnectionStrings__identity-auth-db", IdentityDatabase), ("IdentityAuth__DataKey", Secret()), ("IdentityAuth__SudoKey", Secret()),
            ("ASPNETCORE_ENVIRONMENT", "Production"), // believes the gateway on loopback
        ]);
        DeviceRegistry = await AddAsync(registry, Programs.DeviceRegistry,
        [
            .. common, ("ConnectionStrings__device-registry-db", RegistryDatabase), ("DeviceRegistry__DataKey", Secret()),
        ]);
        Pairing = await AddAsync(pairing, Programs.Pairing,
        [
            .. common, ("ConnectionStrings__pairing-db", await servers.CreateDatabaseAsync("pairing-db")), ("Pairing__AdminKey", AdminKey),
            ("Pairing__KeySeed", Secret()), ("Pairing__DataKey", Secret()),
            ("Pairing__RateLimits", "false"), // all phones are on one address
        ]);
        Gateway = await AddAsync(GatewayPort, Programs.Gateway, [.. common, ("Gateway__RequestsPerSecond", "0")]);
    }

    private async Task<ServerProcess> AddAsync(int port, string program, IReadOnlyList<(string Name, string Value)> settings)
    {
        var process = await ServerProcess.StartAsync(port, "/health", program, [], [("ASPNETCORE_URLS", $"http://127.0.0.1:{port}"), .. settings]);
        processes.Add(process);
        return process;
    }

    private static string Secret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(48));
}

/// <summary>Somebody with an account and a session.</summary>
/// <param name="Id">The account's id.</param>
/// <param name="Token">The session's token.</param>
/// <param name="Address">An IP address that the account was used from before.</param>
internal sealed record Person(string Id, string Email, string Token, string Address);
