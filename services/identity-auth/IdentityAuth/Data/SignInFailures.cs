using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdentityAuth.Contracts.V1;
using IdentityAuth.Domain;
using Npgsql;
using ServiceDefaults.Messaging;

namespace IdentityAuth.Data;

/// <summary>Records attempts to sign in that were refused: event and audit. What was tried appears as a keyed hash only.</summary>
internal sealed class SignInFailures(NpgsqlDataSource source, Outbox outbox, IdentityAuthOptions options, TimeProvider clock)
{
    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(options.DataKey!), 32, info: "platform/identity-auth/account-key/v1"u8.ToArray());

    /// <summary>An attempt at an account that was found: a second step, for example.</summary>
    public Task RecordAsync(User user, string ip, string reason, CancellationToken cancellationToken)
        => RecordAsync(user.Email ?? Snowflake.Text(user.Id), user.Id, ip, reason, cancellationToken);

    /// <param name="account">What was tried: an address, or the id of an account without one.</param>
    /// <param name="userId">The account, where whoever asks has proven something of it.</param>
    public async Task RecordAsync(string account, long? userId, string ip, string reason, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var key = Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(EmailAddress.Key(account))));
        await using var batch = source.CreateBatch();
        outbox.Add(batch, $"sign-in:{key}", new SignInFailed { AccountKey = key, IpAddress = ip, Reason = reason, OccurredAt = now });
        batch.AddAudit(userId, AuditAction.SignInFailed, ip, reason, now);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
