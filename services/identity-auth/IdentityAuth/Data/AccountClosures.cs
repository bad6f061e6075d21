using IdentityAuth.Contracts.V1;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using Npgsql;
using ServiceDefaults.Messaging;

namespace IdentityAuth.Data;

/// <summary>Switches accounts off, and erases those whose days of grace are over (contract §8.9).</summary>
internal sealed class AccountClosures(
    NpgsqlDataSource source, Outbox outbox, Revocations revocations, ChangeBroadcast changes, Deliveries deliveries, ISecondFactors factors,
    IdentityAuthOptions options, TimeProvider clock)
{
    /// <summary>Switches an account off until its owner signs in again. Every session ends.</summary>
    public Task DisableAsync(User user, string ip, CancellationToken cancellationToken)
        => CloseAsync(user, AccountFlags.Disabled, null, RevocationReason.Disabled, AuditAction.Disabled, ip, cancellationToken);

    /// <summary>Schedules an account's end. Every session ends; a sign-in until then takes it back.</summary>
    public Task ScheduleDeletionAsync(User user, string ip, CancellationToken cancellationToken)
        => CloseAsync(
            user, AccountFlags.SelfDeleted, clock.GetUtcNow() + options.DeletionGracePeriod, RevocationReason.DeletionRequested, AuditAction.DeletionRequested, ip,
            cancellationToken);

    /// <summary>Erases the personal data of one account whose time has come.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> EraseNextAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        if (await work.QueryAsync(
            "SELECT id FROM users WHERE deletion_at <= $1 AND flags & 1 = 0 ORDER BY deletion_at LIMIT 1 FOR UPDATE SKIP LOCKED",
            [now],
            reader => reader.GetInt64(0),
            cancellationToken) is not [var id])
        {
            return false;
        }

        // The hyphen: a name that nobody can choose, so nobody can stand in the way by having it.
        await work.ExecuteAsync(
            """
            UPDATE users SET
                username = 'deleted-' || id, discriminator = 1, global_name = NULL, email = NULL, email_verified = false, phone = NULL, date_of_birth = NULL,
                password_hash = NULL, flags = flags | 1, public_flags = 0, authenticators = 0, traits = '{}', settings = '{}', deletion_at = NULL,
                last_active_ip = NULL, security_stamp = security_stamp + 1
            WHERE id = $1
            """,
            [id],
            cancellationToken);
        var ended = await work.QueryAsync(Revocations.DeleteAll, [id], reader => reader.GetFieldValue<byte[]>(0), cancellationToken);
        await work.CommitAsync(batch =>
        {
            batch.Add("DELETE FROM authorized_ips WHERE user_id = $1", id);
            batch.Add("DELETE FROM mailed_tokens WHERE user_id = $1", id);
            batch.Add("DELETE FROM account_changes WHERE user_id = $1", id);
            batch.Add("DELETE FROM email_tokens WHERE user_id = $1", id);

            factors.AddRemoval(batch, id);
            batch.Add("UPDATE audit_log SET ip = NULL WHERE user_id = $1", id);
            if (ended.Count > 0)
            {
                revocations.AddEvents(batch, id, ended, RevocationReason.DeletionRequested, null);
            }

            outbox.Add(batch, Aggregate.Of(id), new UserDeleted { UserId = Snowflake.Text(id), OccurredAt = now });
        });
        await changes.SessionsEndedAsync(ended);
        await changes.UserChangedAsync(id);
        return true;
    }

    private async Task CloseAsync(
        User user, AccountFlags flag, DateTimeOffset? deletionAt, string reason, string action, string ip, CancellationToken cancellationToken)
    {
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        await work.ExecuteAsync(
            // COALESCE: a deletion that was asked for at the same moment stays asked for.
            "UPDATE users SET flags = flags | $2, deletion_at = COALESCE($3, deletion_at), security_stamp = security_stamp + 1 WHERE id = $1",
            [user.Id, flag, Sql.Time(deletionAt)],
            cancellationToken);
        var ended = await work.QueryAsync(Revocations.DeleteAll, [user.Id], reader => reader.GetFieldValue<byte[]>(0), cancellationToken);
        await work.CommitAsync(batch =>
        {
            if (ended.Count > 0)
            {
                revocations.AddEvents(batch, user.Id, ended, reason, ip);
            }

            batch.AddAudit(user.Id, action, ip, null, clock.GetUtcNow());
            if (deletionAt is not null && user.Email is { } email)
            {
                deliveries.Add(
                    batch,
                    Deliveries.Email,
                    new DeliveryContent { Kind = DeliveryKind.AccountDeletion, To = email, Locale = user.Locale, At = deletionAt },
                    TimeSpan.FromDays(1));
            }
        });
        await changes.SessionsEndedAsync(ended);
        await changes.UserChangedAsync(user.Id);
        deliveries.Wake();
    }
}
