using Microsoft.Extensions.Options;
using Npgsql;
using Pairing.Contracts.V1;
using Pairing.Domain;
using ServiceDefaults.Messaging;

namespace Pairing.Data;

/// <summary>
/// Writes the end of pairings down whose time is over, and publishes it; gives pairings back whose complete has died. Every
/// instance sweeps, one at a time does the work. What a pairing's status is does not wait for it (<see cref="PairingState.ViewAt"/>).
/// </summary>
internal sealed partial class ExpirySweeper(
    PairingStore store,
    PairingDatabase database,
    NpgsqlDataSource source,
    Outbox outbox,
    TimeProvider clock,
    IOptions<PairingOptions> options,
    ILogger<ExpirySweeper> logger) : BackgroundService
{
    /// <summary>Pairings in one round; a round that was full is followed by the next at once.</summary>
    private const int RoundSize = 100;

    // "pairing sweep" has no meaning to Postgres but its being the same number everywhere.
    private static readonly long LockKey = UserTransaction.LockKey("pairing sweep"u8);

    private static readonly TimeSpan ForgetInterval = TimeSpan.FromMinutes(1);

    private DateTimeOffset _forgottenAt = DateTimeOffset.MinValue;

    /// <summary>Does what is due.</summary>
    /// <returns>How many events of expiry were committed.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var total = 0;
        while (true)
        {
            var due = await store.FindDueAsync(RoundSize);
            if (due.Count == 0 || await SweepRoundAsync(cancellationToken) is not { } expired)
            {
                return total;
            }

            total += expired;
            if (due.Count < RoundSize)
            {
                return total;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
                await ForgetRealmTokensAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // A server is away; what is due stays due.
                LogFailed(exception.Message);
            }
        }
    }

    // Null: another instance is at it.
    private async Task<int?> SweepRoundAsync(CancellationToken cancellationToken)
    {
        // A lock of the session, not of a transaction: it has to last until Redis has forgotten what Postgres has committed, or the
        // next instance would find the same pairings due and publish their end again.
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var tryLock = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection);
        tryLock.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey });
        if (await tryLock.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return null;
        }

        try
        {
            // 1. What is due now that we alone decide.
            var due = await store.FindDueAsync(RoundSize);
            if (due.Count == 0)
            {
                return 0;
            }

            // 2. A process died between commit and APPROVED: the link decides.
            var links = await database.FindLinksAsync([.. due], cancellationToken);
            foreach (var link in links)
            {
                await store.ApproveAsync(link);
            }

            // 3. The others get the state that they are due.
            var expired = await store.SettleAsync(due.Except(links.Select(link => link.Jti)));
            if (expired.Count > 0)
            {
                // 4. Their events, in one transaction; only then are they not due any more.
                await using var batch = new NpgsqlBatch(connection);
                foreach (var pairing in expired)
                {
                    outbox.Add(batch, Aggregate.Of(pairing.TenantId, pairing.UserId), new PairingExpired
                    {
                        TenantId = pairing.TenantId,
                        UserId = pairing.UserId,
                        Jti = pairing.Jti,
                        OccurredAt = pairing.ExpiresAt,
                    });
                }

                await batch.ExecuteNonQueryAsync(cancellationToken);
                await store.ForgetDueAsync(expired.Select(pairing => pairing.Jti));
                LogExpired(expired.Count);
            }

            return expired.Count;
        }
        finally
        {
            // Returning the connection to the pool would let go of the lock as well, but only when it is used next.
            await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", connection);
            unlock.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey });
            await unlock.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private async Task ForgetRealmTokensAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (options.Value.Realms.Count > 0 && now - _forgottenAt >= ForgetInterval)
        {
            _forgottenAt = now;
            await database.ForgetRealmTokensAsync(cancellationToken);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Count} pairings have expired")]
    private partial void LogExpired(int count);

    [LoggerMessage(2, LogLevel.Warning, "The sweep for expired pairings is put off: {Reason}")]
    private partial void LogFailed(string reason);
}
