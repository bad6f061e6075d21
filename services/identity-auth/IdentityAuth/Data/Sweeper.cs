using Npgsql;

namespace IdentityAuth.Data;

/// <summary>
/// Tidies up, on every instance: accounts whose days of grace are over, sessions that nobody came for, and rows that have expired or are
/// older than they are kept. What has expired is refused in any case; this only makes room.
/// </summary>
internal sealed partial class Sweeper(
    NpgsqlDataSource source, AccountClosures closures, Revocations revocations, ChangeBroadcast changes, IdentityAuthOptions options, TimeProvider clock,
    ILogger<Sweeper> logger) : BackgroundService
{
    /// <summary>Audit records that one statement deletes at most: it holds no lock for long.</summary>
    private const int AuditBatch = 10_000;

    /// <summary>Sweeps once.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await EndUncollectedAsync(now, cancellationToken);

        await using var batch = source.CreateBatch();
        batch.Add("DELETE FROM sessions WHERE last_used_at <= $1", now - options.SessionIdleLifetime);
        batch.Add("DELETE FROM sessions WHERE created_at <= $1", now - options.SessionLifetime);
        batch.Add("DELETE FROM mailed_tokens WHERE expires_at <= $1", now);
        batch.Add("DELETE FROM account_changes WHERE expires_at <= $1", now);
        // An expired one is told apart from an unknown one for a day.
        batch.Add("DELETE FROM email_tokens WHERE expires_at <= $1", now - TimeSpan.FromDays(1));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await DeleteOldAuditAsync(now - options.AuditRetention, cancellationToken);

        // Last: an account that cannot be erased must not keep the rest.
        while (await closures.EraseNextAsync(cancellationToken))
        {
            // One account, one transaction.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SweepInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                LogFailed(exception);
            }
        }
    }

    private async Task DeleteOldAuditAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        const string Delete =
            "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE occurred_at <= $1 ORDER BY occurred_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
        while (await source.ExecuteAsync(Delete, [until, AuditBatch], cancellationToken) == AuditBatch)
        {
            // There may be more.
        }
    }

    private async Task EndUncollectedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        var ended = await work.QueryAsync(
            "DELETE FROM sessions WHERE collect_by <= $1 RETURNING user_id, token_hash",
            [now],
            reader => (UserId: reader.GetInt64(0), Hash: reader.GetFieldValue<byte[]>(1)),
            cancellationToken);
        if (ended.Count == 0)
        {
            return;
        }

        await work.CommitAsync(batch =>
        {
            foreach (var account in ended.GroupBy(session => session.UserId))
            {
                revocations.AddEvents(batch, account.Key, [.. account.Select(session => session.Hash)], RevocationReason.HandoffNotCollected, null);
            }
        });
        await changes.SessionsEndedAsync([.. ended.Select(session => session.Hash)]);
    }

    [LoggerMessage(LogLevel.Warning, "A sweep failed; the next one goes on")]
    private partial void LogFailed(Exception exception);
}
