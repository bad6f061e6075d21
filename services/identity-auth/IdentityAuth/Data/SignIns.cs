using IdentityAuth.Contracts.V1;
using IdentityAuth.Domain;
using Npgsql;
using ServiceDefaults.Messaging;

namespace IdentityAuth.Data;

/// <summary>A session that was just made. The token exists here and with the client, nowhere else.</summary>
internal sealed record IssuedSession(string Token, byte[] Hash, long UserId)
{
    public override string ToString() => "(session)";
}

/// <summary>Makes sessions: the last step of every way to sign in.</summary>
internal sealed class SignIns(NpgsqlDataSource source, Outbox outbox, ChangeBroadcast changes, TimeProvider clock)
{
    // The account's row decides, under its lock: a reset that came in between has moved the stamp. Who signs in brings a self-disabled
    // account back and takes back its deletion (§3.4 step 5), and a lapsed ban is lifted.
    private const string Insert = """
        WITH signed AS (
            UPDATE users SET
                last_active_at = $3, last_active_ip = $4,
                flags = flags & ~(CASE WHEN flags & 8 = 0 THEN 6 ELSE 4 END),
                deletion_at = NULL,
                banned_until = CASE WHEN banned_until <= $3 THEN NULL ELSE banned_until END
            WHERE id = $1 AND security_stamp = $2 AND flags & 1 = 0
            RETURNING id)
        INSERT INTO sessions (token_hash, user_id, method, created_at, last_used_at, ip, user_agent, platform, collect_by)
        SELECT $5, id, $6, $3, $3, $4, $7, $8, $9 FROM signed
        """;

    /// <summary>Makes a session, in one transaction with what else belongs to it.</summary>
    /// <param name="user">As it was when whoever signs in was checked; its stamp counts.</param>
    /// <param name="method">One of <see cref="SignInMethod"/>.</param>
    /// <param name="client">The device that the session is for.</param>
    /// <param name="also">Further statements of the same transaction.</param>
    /// <param name="collectBy">When the session ends again if its device has not come for it.</param>
    /// <param name="decide">
    /// Spends what must be spent once, with the account's row locked and before anything is committed; when it says no, nothing has
    /// happened.
    /// </param>
    /// <returns><see langword="null"/> when the account has changed since it was read such that this sign-in must not count any more.</returns>
    public async Task<IssuedSession?> CreateAsync(
        User user, string method, ClientDevice client, CancellationToken cancellationToken, string? inviteCode = null,
        Action<NpgsqlBatch>? also = null, DateTimeOffset? collectBy = null, Func<UnitOfWork, Task<bool>>? decide = null)
    {
        var now = clock.GetUtcNow();
        var token = SessionToken.Create();
        var hash = SessionToken.Hash(token);

        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        if (await work.ExecuteAsync(Insert, [user.Id, user.SecurityStamp, .. Values(hash, method, client, now), Sql.Time(collectBy)], cancellationToken) == 0)
        {
            return null;
        }

        if (decide is not null && !await decide(work))
        {
            return null;
        }

        await work.CommitAsync(batch =>
        {
            also?.Invoke(batch);
            AddEvent(batch, user.Id, hash, method, client, inviteCode, now);
        });

        if (user.Flags != AccountFlags.None || user.BannedUntil is not null || user.DeletionAt is not null)
        {
            await changes.UserChangedAsync(user.Id);
        }

        return new IssuedSession(token, hash, user.Id);
    }

    /// <summary>Adds a session for an account whose row this transaction has just written.</summary>
    public IssuedSession Add(NpgsqlBatch batch, long userId, string method, ClientDevice client, DateTimeOffset now, string? inviteCode = null)
    {
        var token = SessionToken.Create();
        var hash = SessionToken.Hash(token);
        batch.Add(
            """
            INSERT INTO sessions (token_hash, user_id, method, created_at, last_used_at, ip, user_agent, platform)
            VALUES ($4, $1, $5, $2, $2, $3, $6, $7)
            """,
            [userId, .. Values(hash, method, client, now)]);
        AddEvent(batch, userId, hash, method, client, inviteCode, now);
        return new IssuedSession(token, hash, userId);
    }

    private static object[] Values(byte[] hash, string method, ClientDevice client, DateTimeOffset now)
        => [now, client.Address, hash, method, Sql.Text(client.UserAgent), Sql.Text(client.Platform)];

    private void AddEvent(NpgsqlBatch batch, long userId, byte[] hash, string method, ClientDevice client, string? inviteCode, DateTimeOffset now)
    {
        batch.AddAudit(userId, AuditAction.SignedIn, client.Address, method, now);
        outbox.Add(batch, Aggregate.Of(userId), new SessionCreated
        {
            UserId = Snowflake.Text(userId),
            IdHash = SessionToken.IdHash(hash),
            Method = method,
            InviteCode = inviteCode,
            OccurredAt = now,
        });
    }
}

/// <summary>Names of aggregates in the outbox: events of one account leave in order.</summary>
internal static class Aggregate
{
    public static string Of(long userId) => $"user:{Snowflake.Text(userId)}";
}
