using Npgsql;

namespace ScopeSigning.Data;

/// <summary>
/// Removes what is over, so that no personal datum outlives its use. Nothing depends on it: every request looks at the clock
/// itself. Safe in any number of instances.
/// </summary>
internal sealed partial class Sweeper(NpgsqlDataSource database, TimeProvider clock, ILogger<Sweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Removes everything that is over now.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = connection.CreateBatch();
        // Rows that somebody works on are left for the next time.
        foreach (var (table, key) in new[] { ("jobs", "id"), ("revocations", "pair_hmac"), ("deliveries", "id") })
        {
            batch.Add($"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE expires_at <= $1 ORDER BY {key} LIMIT 1000 FOR UPDATE SKIP LOCKED)", now);
        }

        batch.Add("DELETE FROM nonces WHERE ctid = ANY(ARRAY(SELECT ctid FROM nonces WHERE expires_at <= $1 ORDER BY expires_at LIMIT 5000))", now);
        await batch.ExecuteNonQueryAsync(cancellationToken);
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

    [LoggerMessage(1, LogLevel.Warning, "The sweep failed ({Reason}); trying again")]
    private partial void LogFailed(string reason);
}
