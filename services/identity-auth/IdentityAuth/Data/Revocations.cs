using IdentityAuth.Contracts.V1;
using IdentityAuth.Domain;
using Npgsql;
using ServiceDefaults.Messaging;

namespace IdentityAuth.Data;

/// <summary>Why sessions ended: member <c>reason</c> of the event.</summary>
internal static class RevocationReason
{
    public const string Logout = "logout";
    public const string SessionsEnded = "sessions_ended";
    public const string PasswordReset = "password_reset";
    public const string PasswordChanged = "password_changed";
    public const string EmailReverted = "email_reverted";
    public const string Disabled = "disabled";
    public const string DeletionRequested = "deletion_requested";
    public const string HandoffCancelled = "handoff_cancelled";
    public const string HandoffNotCollected = "handoff_not_collected";
    public const string DeviceRevoked = "device_revoked";
    public const string SsoTakenOver = "sso_linked";
}

/// <summary>Ends sessions: row, event, and what the instances know of them.</summary>
internal sealed class Revocations(NpgsqlDataSource source, Outbox outbox, ChangeBroadcast changes, TimeProvider clock)
{
    /// <summary>
    /// Deletes every session of an account: <c>$1</c>. Its stamp has to be moved on before, in the same transaction and in a statement of
    /// its own: then a sign-in that was begun before either is among the deleted or finds the new stamp.
    /// </summary>
    public const string DeleteAll = "DELETE FROM sessions WHERE user_id = $1 RETURNING token_hash";

    /// <summary>Ends some sessions of an account. Hashes that are unknown, or somebody else's, are ignored.</summary>
    public async Task EndAsync(long userId, IReadOnlyList<byte[]> hashes, string reason, string? ip, CancellationToken cancellationToken)
    {
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        var ended = await work.QueryAsync(
            "DELETE FROM sessions WHERE user_id = $1 AND token_hash = ANY($2) RETURNING token_hash",
            [userId, Sql.BytesList(hashes)],
            reader => reader.GetFieldValue<byte[]>(0),
            cancellationToken);
        if (ended.Count == 0)
        {
            // Gone already, by another instance perhaps whose word has not come: what is not there any more is not to be remembered either.
            await changes.SessionsEndedAsync(hashes);
            return;
        }

        await work.CommitAsync(batch => AddEvents(batch, userId, ended, reason, ip));
        await changes.SessionsEndedAsync(hashes);
    }

    /// <summary>The same of one session, in a transaction of somebody else's. Tell the instances after its commit.</summary>
    public async Task<IReadOnlyList<byte[]>> EndAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long userId, byte[] hash, string reason, CancellationToken cancellationToken)
    {
        await using (var delete = new NpgsqlBatch(connection, transaction))
        {
            delete.Add("DELETE FROM sessions WHERE user_id = $1 AND token_hash = $2", userId, hash);
            if (await delete.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                return [];
            }
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        AddEvents(batch, userId, [hash], reason, null);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return [hash];
    }

    /// <summary>Adds what tells others that sessions have ended. Tell the instances after the commit (<see cref="ChangeBroadcast"/>).</summary>
    public void AddEvents(NpgsqlBatch batch, long userId, IReadOnlyList<byte[]> ended, string reason, string? ip)
    {
        var now = clock.GetUtcNow();

        // An event is at most 256 KiB: an account can have thousands of sessions.
        foreach (var part in ended.Chunk(1_000))
        {
            outbox.Add(batch, Aggregate.Of(userId), new SessionsRevoked
            {
                UserId = Snowflake.Text(userId),
                IdHashes = [.. part.Select(hash => SessionToken.IdHash(hash))],
                Reason = reason,
                OccurredAt = now,
            });
        }

        batch.AddAudit(userId, AuditAction.SessionsRevoked, ip, reason, now);
    }

    /// <summary>Adds the event that an account has changed.</summary>
    public void AddUserUpdated(NpgsqlBatch batch, long userId, params IReadOnlyList<string> fields)
        => outbox.Add(batch, Aggregate.Of(userId), new UserUpdated { UserId = Snowflake.Text(userId), Fields = fields, OccurredAt = clock.GetUtcNow() });
}
