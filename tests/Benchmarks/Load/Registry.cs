using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using TestSupport;

namespace Benchmarks.Load;

/// <summary>device-registry as a process of its own, on the servers that tests use, with a token issuer that it trusts.</summary>
internal sealed class Registry : IAsyncDisposable
{
    private readonly TokenIssuer issuer;
    private readonly HttpClient client = new();

    private Registry(TokenIssuer issuer, string database, string broker, ServerProcess process, int port)
    {
        this.issuer = issuer;
        Database = database;
        Broker = broker;
        Process = process;
        Port = port;
    }

    /// <summary>Connection string.</summary>
    public string Database { get; }

    /// <summary>AMQP URI of its virtual host.</summary>
    public string Broker { get; }

    public ServerProcess Process { get; }

    public int Port { get; }

    public static async Task<Registry> StartAsync()
    {
        var servers = await BackingServers.GetAsync();
        var trusted = await TokenIssuer.StartAsync();
        var storage = await servers.CreateDatabaseAsync("device-registry-db");
        var broker = await servers.CreateBrokerAsync();
        var port = Ports.Free();
        var process = await ServerProcess.StartAsync(
            port,
            "/health/ready",
            Programs.DeviceRegistry,
            [],
            [
                ("ASPNETCORE_URLS", $"http://127.0.0.1:{port}"),
                ("ASPNETCORE_ENVIRONMENT", "Development"), // the issuer of the benchmark speaks http
                ("DeviceRegistry__DataKey", Convert.ToBase64String(RandomNumberGenerator.GetBytes(48))),
                ("DeviceRegistry__RateLimits", "false"),
                ("ConnectionStrings__device-registry-db", storage),
                ("ConnectionStrings__redis", servers.Redis),
                ("ConnectionStrings__rabbitmq", broker),
                .. trusted.Settings,
            ]);
        return new Registry(trusted, storage, broker, process, port);
    }

    /// <summary>A token of somebody.</summary>
    public string Token(string identity) => issuer.Signer.Sign(identity);

    /// <summary>A group with its members.</summary>
    public async Task<long> CreateGroupAsync(string name, IReadOnlyList<string> members)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        return await CreateGroupAsync(connection, name, members);
    }

    /// <summary>The same, in a database of device-registry's.</summary>
    public static async Task<long> CreateGroupAsync(NpgsqlConnection connection, string name, IReadOnlyList<string> members)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH made AS (INSERT INTO groups (name, max_devices, created_at) VALUES ($1, 1000, now()) RETURNING id),
                 joined AS (INSERT INTO group_members (group_id, identity, state, created_at, updated_at)
                            SELECT id, member, 'active', now(), now() FROM made, unnest($2) AS member)
            SELECT id FROM made
            """,
            connection) { Parameters = { new() { Value = name }, new() { Value = members.ToArray() } } };
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Enrols a device.</summary>
    public async Task<Guid> RegisterAsync(long group, string token)
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var request = new HttpRequestMessage(HttpMethod.Post, PathOf(group, "devices"))
        {
            Content = JsonContent.Create(new { deviceName = "Benchmark", deviceType = "web", publicKey = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()) }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("deviceId").GetGuid();
    }

    /// <summary>An address below a group.</summary>
    public Uri PathOf(long group, string rest) => new($"http://127.0.0.1:{Port}/authlance/identity/api/v1/realm/groups/{group}/{rest}");

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        Process.Dispose();
        await issuer.DisposeAsync();
    }
}
