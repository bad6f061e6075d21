using Dapper;
using Npgsql;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>
/// Holds the lock on a group's row, as a change that takes long does: whatever arrives meanwhile has looked at the group and waits for its turn.
/// What is executed here happens in between.
/// </summary>
internal sealed class HeldGroup : IAsyncDisposable
{
    private readonly RegistryApp _app;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private HeldGroup(RegistryApp app, NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _app = app;
        _connection = connection;
        _transaction = transaction;
    }

    public static async Task<HeldGroup> HoldAsync(TestGroup group)
    {
        var connection = new NpgsqlConnection(group.App.Database);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("SELECT FROM groups WHERE id = @Id FOR UPDATE", new { group.Id });
        return new HeldGroup(group.App, connection, transaction);
    }

    /// <summary>Returns when requests wait for the group, one behind the other.</summary>
    public Task SomebodyWaitsAsync(int requests = 1) => Eventually.IsTrueAsync(
        async () => await _app.CountAsync(
            """
            WITH RECURSIVE waiting AS (
                SELECT @Holder AS pid UNION SELECT a.pid FROM pg_stat_activity a JOIN waiting w ON w.pid = ANY(pg_blocking_pids(a.pid)))
            SELECT count(*) - 1 FROM waiting
            """,
            new { Holder = _connection.ProcessID }) >= requests,
        "Nobody waits for the group");

    public Task ExecuteAsync(string sql, object parameters) => _connection.ExecuteAsync(sql, parameters);

    /// <summary>Commits what happened, and lets the next one in.</summary>
    public Task LetGoAsync() => _transaction.CommitAsync();

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
