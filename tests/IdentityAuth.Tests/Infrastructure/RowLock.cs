using Dapper;
using Npgsql;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>Holds an account's row, so that what wants to write it waits, in the order in which it came.</summary>
internal sealed class RowLock : IAsyncDisposable
{
    private readonly IdentityApp _app;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly long _id;

    private RowLock(IdentityApp app, NpgsqlConnection connection, NpgsqlTransaction transaction, long id)
        => (_app, _connection, _transaction, _id) = (app, connection, transaction, id);

    public static async Task<RowLock> HoldAsync(IdentityApp app, string userId)
    {
        var id = long.Parse(userId, null);
        var connection = new NpgsqlConnection(app.Database);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("SELECT FROM users WHERE id = @id FOR UPDATE", new { id }, transaction);
        return new RowLock(app, connection, transaction, id);
    }

    /// <summary>Waits until so many statements wait for the row, directly or behind one another.</summary>
    public Task WaitedForAsync(int count) => Eventually.IsTrueAsync(
        async () =>
        {
            // Those that wait for this connection, and those that wait for them.
            return await _app.CountAsync(
                """
                WITH RECURSIVE waiting AS (
                    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND @pid = ANY(pg_blocking_pids(pid))
                    UNION
                    SELECT a.pid FROM pg_stat_activity a JOIN waiting w ON w.pid = ANY(pg_blocking_pids(a.pid)) WHERE a.datname = current_database())
                SELECT count(*) FROM waiting
                """,
                new { pid = _connection.ProcessID }) >= count;
        },
        $"{count} statements do not wait for the row");

    /// <summary>Changes the row, as somebody else's transaction would, and lets go.</summary>
    public async Task CommitAsync(string assignments = "id = id")
    {
        await _connection.ExecuteAsync($"UPDATE users SET {assignments} WHERE id = @id", new { id = _id }, _transaction);
        await _transaction.CommitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
