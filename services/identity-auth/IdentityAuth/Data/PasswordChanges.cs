using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Data;

/// <summary>Sets a new password in a transaction that is open: every session ends, and what was begun under the old one.</summary>
internal sealed class PasswordChanges(Revocations revocations, TimeProvider clock)
{
    private const string Change = """
        UPDATE users SET password_hash = $3, password_changed_at = $4, security_stamp = security_stamp + 1
        WHERE id = $1 AND security_stamp = $2 AND flags & 1 = 0
        """;

    /// <returns>The sessions that ended; <see langword="null"/> when the account has changed since it was read.</returns>
    public async Task<IReadOnlyList<byte[]>?> ApplyAsync(UnitOfWork work, User user, string hash, CancellationToken cancellationToken)
        => await work.ExecuteAsync(Change, [user.Id, user.SecurityStamp, hash, clock.GetUtcNow()], cancellationToken) == 0
            ? null
            : await work.QueryAsync(Revocations.DeleteAll, [user.Id], reader => reader.GetFieldValue<byte[]>(0), cancellationToken);

    /// <summary>Adds what belongs to a new password.</summary>
    public void AddTraces(NpgsqlBatch batch, User user, IReadOnlyList<byte[]> ended, string ip)
    {
        batch.Add("DELETE FROM mailed_tokens WHERE user_id = $1 AND kind = $2", user.Id, MailedTokenKind.Reset.Name);
        batch.AddAudit(user.Id, AuditAction.PasswordChanged, ip, null, clock.GetUtcNow());
        if (ended.Count > 0)
        {
            revocations.AddEvents(batch, user.Id, ended, RevocationReason.PasswordChanged, ip);
        }
    }
}
