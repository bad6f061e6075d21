using Npgsql;

namespace ScopeSigning.Data;

/// <summary>
/// Removes what is over, so that no personal datum outlives its use. Nothing depends on it: every request looks at the clock
/// itself. Safe in any number of instances.
/// </summary>
internal sealed partial class Sweeper(NpgsqlDataSource database, TimeProvider clock, ILogger<Sweeper> logger) : BackgroundService
{
    private const int BatchSize = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Removes everything that is over now: in batches, so that none holds its locks for long.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        // Rows that somebody works on are left for the next time.
        foreach (var (table, key) in new[] { ("jobs", "id"), ("revocations", "pair_hmac"), ("deliveries", "id") })
        {
            await DeleteAsync(
                $"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE expires_at <= $1 ORDER BY {key} LIMIT $2 FOR UPDATE SKIP LOCKED)",
                now,
                cancellationToken);
        }

        await DeleteAsync(
            "DELETE FROM nonces WHERE ctid = ANY(ARRAY(SELECT ctid FROM nonces WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2))", now, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogFailed(exception.GetType().Name);
            }
        }
    }

    /// <summary>Goes on while there may be more: what comes faster than a batch per interval would pile up.</summary>
    private async Task DeleteAsync(string delete, DateTimeOffset now, CancellationToken cancellationToken)
    {
        int deleted;
        do
        {
            await using var command = database.CreateCommand(delete);
            command.Parameters.Add(new NpgsqlParameter { Value = now });
            command.Parameters.Add(new NpgsqlParameter { Value = BatchSize });
            deleted = await command.ExecuteNonQueryAsync(cancellationToken);
        }
        while (deleted == BatchSize);
    }

    [LoggerMessage(1, LogLevel.Warning, "The sweep failed ({Reason}); trying again")]
    private partial void LogFailed(string reason);
}
