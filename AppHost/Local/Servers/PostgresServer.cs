using System.Globalization;
using Aspire.Hosting.Local.Processes;
using Npgsql;

namespace Aspire.Hosting.Local.Servers;

/// <summary>
/// Postgres, reachable by TCP on loopback with a password (SCRAM) and by nothing else. Refuses to run as root, so it becomes user
/// <c>postgres</c> there.
/// </summary>
internal sealed class PostgresServer(string name, int port, string userName, string password, StateFolder state, ProcessLedger ledger, Action<string, bool> onLine)
    : BackingServer(name, port, state, ledger, onLine)
{
    private const string SystemUser = "postgres";

    private readonly string _data = Path.Combine(state.PostgresData, name);

    protected override string Product => "Postgres";

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>Makes the database unless it exists.</summary>
    public async Task CreateDatabaseAsync(string databaseName, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = databaseName } } };
        if (await exists.ExecuteScalarAsync(cancellationToken) is not null)
        {
            return;
        }

#pragma warning disable CA2100 // A name cannot be a parameter; it is quoted.
        await using var create = new NpgsqlCommand($"CREATE DATABASE {Quoted(databaseName)}", connection);
#pragma warning restore CA2100
        try
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another caller was faster; which of the two errors it is depends on how much faster.
        }
    }

    protected override async Task<ChildProcessOptions> PrepareAsync(CancellationToken cancellationToken)
    {
        // A failed initdb leaves a folder that is no data; the version file is the last thing but one that it writes.
        var dataVersion = await DataVersionAsync(cancellationToken);
        var postgres = Choose(ServerPrograms.Postgres(), dataVersion);
        Version = postgres.Version.ToString();
        if (dataVersion is null)
        {
            await PostgresData.InitializeAsync(Name, postgres, _data, userName, password, State.IsEphemeral, OwnerOfData, cancellationToken);
        }
        else
        {
            await PostgresData.EndOrphansAsync(_data, cancellationToken);
        }

        return new ChildProcessOptions
        {
            Name = Name,
            FileName = postgres.Path("postgres"),
            Arguments = ["-D", _data, .. Settings().SelectMany(setting => new[] { "-c", setting })],
            WorkingDirectory = "/",
            Environment = PostgresData.CleanEnvironment(),
            RunAsUser = OwnerOfData,
            StopSignal = StopSignal.Interrupt,
        };
    }

    protected override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            throw new DistributedApplicationException(
                $"{Name}: the data in {_data} was made with another password or user name than AppHost has now. Give it the old one "
                + $"(Parameters:{Name}-password in AppHost's user secrets, or environment variable Parameters__{Name.Replace('-', '_')}_password), "
                + $"or start with empty databases by removing that folder: rm -r {_data}", e);
        }

        await using var command = new NpgsqlCommand("SELECT 1", connection);
        await command.ExecuteScalarAsync(cancellationToken);
    }

    private static string? OwnerOfData => IsRoot ? SystemUser : null;

    /// <summary>Without a pool: each health check is a real connection, and none is left open.</summary>
    private string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = Loopback.Addresses[0].ToString(),
        Port = Port,
        Username = userName,
        Password = password,
        Database = "postgres",
        Pooling = false,
        // Seconds.
        Timeout = 3,
        CommandTimeout = 30,
    }.ConnectionString;

    private static string Quoted(string identifier) => '"' + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    private async Task<int?> DataVersionAsync(CancellationToken cancellationToken)
    {
        var file = Path.Combine(_data, "PG_VERSION");
        return File.Exists(file) ? int.Parse(await File.ReadAllTextAsync(file, cancellationToken), CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Data belongs to one major version; several can be installed.</summary>
    private ServerProgram Choose(IReadOnlyList<ServerProgram> installed, int? dataVersion)
    {
        if (installed.Count == 0)
        {
            throw new DistributedApplicationException($"{Name}: Postgres is not installed.");
        }

        return dataVersion is null
            ? installed[0]
            : installed.FirstOrDefault(server => server.Version.Major == dataVersion)
            ?? throw new DistributedApplicationException(
                $"{Name}: the data in {_data} belongs to Postgres {dataVersion}, but this machine has {string.Join(" and ", installed.Select(server => server.Version.Major))}. "
                + $"Install Postgres {dataVersion}, or move the data with pg_dumpall, or start with empty databases by removing that folder: rm -r {_data}");
    }

    private IEnumerable<string> Settings()
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"port={Port}");
        yield return $"listen_addresses={string.Join(',', Loopback.Addresses)}";
        // TCP only: a socket file would need a folder, and may collide with that of another server.
        yield return "unix_socket_directories=";
        // Four services, several instances of each, a pool in each.
        yield return "max_connections=400";
        yield return "shared_buffers=128MB";
        yield return "max_wal_size=256MB";
        yield return "password_encryption=scram-sha-256";
        yield return "timezone=UTC";
        yield return "log_timezone=UTC";
        yield return "logging_collector=off";
        // Compiling a query pays off for long ones; ours are short.
        yield return "jit=off";
        yield return $"cluster_name={Name}";
        if (State.IsEphemeral)
        {
            // Without these a killed process loses nothing, only a dead machine does. (synchronous_commit=off is not among them: then a
            // commit is answered before it has left the server's own memory.)
            yield return "fsync=off";
            yield return "full_page_writes=off";
            yield return "wal_level=minimal";
            yield return "max_wal_senders=0";
        }
    }
}
