namespace TestSupport;

/// <summary>
/// Postgres, Redis and RabbitMQ for the tests of one assembly: real servers, shared by the whole test run.
/// Each assembly gets databases and a virtual host of its own, so that assemblies may run side by side.
/// </summary>
public sealed class BackingServers
{
    private static readonly Lazy<Task<BackingServers>> Shared = new(StartAsync);

    private BackingServers(string postgres, string redis, string rabbitMQ)
    {
        Postgres = postgres;
        Redis = redis;
        RabbitMQ = rabbitMQ;
    }

    /// <summary>Connection string of the Postgres server, without a database.</summary>
    public string Postgres { get; }

    /// <summary>Connection string of Redis.</summary>
    public string Redis { get; }

    /// <summary>URI of RabbitMQ, on its default virtual host.</summary>
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

    private static Task<BackingServers> StartAsync()
        => Task.FromResult(new BackingServers(
            Environment.GetEnvironmentVariable("PLATFORM_TESTS_POSTGRES") ?? "Host=127.0.0.1;Port=55432;Username=postgres;Password=secret",
            Environment.GetEnvironmentVariable("PLATFORM_TESTS_REDIS") ?? "127.0.0.1:56379,password=secret",
            Environment.GetEnvironmentVariable("PLATFORM_TESTS_RABBITMQ") ?? "amqp://guest:guest@127.0.0.1:55672"));
}
