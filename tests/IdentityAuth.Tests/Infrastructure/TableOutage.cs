using Dapper;
using Npgsql;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>A table that nobody can read: whoever waits for it loses his connection, as when Postgres goes away under him.</summary>
internal sealed class TableOutage : IAsyncDisposable
{
    private readonly string _database;
    private readonly NpgsqlConnection _connection;

    private TableOutage(string database, NpgsqlConnection connection) => (_database, _connection) = (database, connection);

    public static async Task<TableOutage> OfAsync(string database, string table)
    {
        var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await connection.ExecuteAsync($"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        return new TableOutage(database, connection);
    }

    /// <summary>Makes a call that needs the table, and breaks its connection.</summary>
    public async Task AssertUnavailableAsync(Func<Task<HttpResponseMessage>> call)
    {
        var calling = call();
        await Eventually.IsTrueAsync(
            async () =>
            {
                await using var other = new NpgsqlConnection(_database);
                return await other.ExecuteScalarAsync<long>(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE @pid = ANY(pg_blocking_pids(pid))", new { pid = _connection.ProcessID }) > 0;
            },
            "nobody wants the table");
        using var response = await calling;
        await response.AssertProblemAsync(503, "SERVICE_UNAVAILABLE");
    }

    // The transaction ends with its connection.
    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
