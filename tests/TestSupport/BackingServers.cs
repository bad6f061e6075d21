using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace TestSupport;

/// <summary>
/// Postgres, Redis and RabbitMQ for the tests of one assembly: the real servers of the stack that the whole test run shares.
/// Each assembly gets databases, a Redis database and a virtual host of its own, so that assemblies may run side by side.
/// </summary>
public sealed class BackingServers
{
    private static readonly Lazy<Task<BackingServers>> Shared = new(StartAsync);

    // Held for as long as the process lives: it holds the lease, and a lease that is collected as garbage is given back.
    private static MeetingPlace? meeting;

    private BackingServers(StackAddress stack, string redis, string rabbitMQ)
    {
        Stack = stack;
        Redis = redis;
        RabbitMQ = rabbitMQ;
    }

    /// <summary>The whole stack: for tests that go through the gateway.</summary>
    public StackAddress Stack { get; }

    /// <summary>Connection string of the Postgres server, without a database.</summary>
    public string Postgres => Stack.Postgres;

    /// <summary>Connection string of Redis, with a database of this assembly's own.</summary>
    public string Redis { get; }

    /// <summary>AMQP URI with a virtual host of this assembly's own.</summary>
    public string RabbitMQ { get; }

    /// <summary>The servers of this test run, started by whoever asks first.</summary>
    public static Task<BackingServers> GetAsync() => Shared.Value;

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        var database = $"{name}-{Guid.NewGuid():N}";
        await using var connection = new Npgsql.NpgsqlConnection(Postgres);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE \"{database}\"";
        await command.ExecuteNonQueryAsync();
        return new Npgsql.NpgsqlConnectionStringBuilder(Postgres) { Database = database }.ConnectionString;
    }

    /// <summary>
    /// Makes a virtual host and returns its AMQP URI: for a service that must not share its queues with another one of this assembly.
    /// </summary>
    public Task<string> CreateBrokerAsync() => CreateVirtualHostAsync(Stack);

    private static async Task<BackingServers> StartAsync()
    {
        var program = typeof(BackingServers).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "TestStack").Value!;

        // The same checkout, as it was built now: a stack of another build may speak of itself in other words.
        var build = $"{program} {typeof(BackingServers).Assembly.ManifestModule.ModuleVersionId}";
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(build)))[..12];
        meeting = new MeetingPlace(Path.Combine(Path.GetTempPath(), $"platform-tests-{name}"));

        var (stack, place) = await meeting.JoinAsync(() => StartDetached(program, meeting));
        return new BackingServers(stack, await EmptyRedisDatabaseAsync(stack, place), await CreateVirtualHostAsync(stack));
    }

    /// <summary>
    /// Starts the stack in a session of its own and with its output in a file: it outlives this test process, and must hold
    /// neither its terminal nor the pipe that somebody reads the test output from.
    /// </summary>
    private static Process StartDetached(string program, MeetingPlace meeting)
        => Process.Start(new ProcessStartInfo("setsid")
        {
            ArgumentList = { "/bin/sh", "-c", "exec dotnet \"$0\" \"$1\" </dev/null >\"$2\" 2>&1", program, meeting.Folder, meeting.LogFile },
            Environment = { ["DOTNET_ENVIRONMENT"] = "Development" },
        })!;

    private static async Task<string> EmptyRedisDatabaseAsync(StackAddress stack, int number)
    {
        var connectionString = $"{stack.Redis},defaultDatabase={number.ToString(CultureInfo.InvariantCulture)}";
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(connectionString);
        await redis.GetDatabase().ExecuteAsync("FLUSHDB");
        return connectionString;
    }

    private static async Task<string> CreateVirtualHostAsync(StackAddress stack)
    {
        var name = $"tests-{Guid.NewGuid():N}";
        var amqp = new Uri(stack.RabbitMQ);
        using var client = new HttpClient { BaseAddress = stack.RabbitMQManagement };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(amqp.UserInfo))));
        using var answer = await client.PutAsync(new Uri($"api/vhosts/{name}", UriKind.Relative), content: null);
        answer.EnsureSuccessStatusCode();
        return $"{stack.RabbitMQ.TrimEnd('/')}/{name}";
    }
}
