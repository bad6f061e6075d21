using IdentityAuth.Domain.Passkeys;
using Npgsql;

namespace IdentityAuth.Data;

/// <summary>A credential as its owner sees it.</summary>
internal sealed record CredentialInfo(byte[] Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, IReadOnlyList<string> Transports);

/// <summary>A credential as an assertion is checked against it.</summary>
internal sealed record StoredCredential(long UserId, KnownCredential Key);

/// <summary>WebAuthn credentials in Postgres.</summary>
internal sealed class CredentialStore(NpgsqlDataSource source)
{
    /// <summary>How many an account may have (contract §8.6).</summary>
    public const int Maximum = 10;

    /// <summary>
    /// Notes a use: $1 id, $2 the new counter, $3 now. Touches no row if the counter did not grow, also when two assertions race
    /// (WebAuthn Level 3 §7.2 step 22).
    /// </summary>
    public const string Use =
        """
        UPDATE webauthn_credentials SET sign_count = $2, last_used_at = $3
        WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))
        """;

    public async Task<IReadOnlyList<CredentialInfo>> ListAsync(long userId, CancellationToken cancellationToken)
    {
        await using var command = source.Command(
            "SELECT id, name, created_at, last_used_at, transports FROM webauthn_credentials WHERE user_id = $1 ORDER BY created_at, id", userId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var credentials = new List<CredentialInfo>();
        while (await reader.ReadAsync(cancellationToken))
        {
            credentials.Add(new CredentialInfo(
                reader.GetFieldValue<byte[]>(0), reader.GetString(1), reader.Time(2), reader.TimeOrNull(3), reader.GetFieldValue<string[]>(4)));
        }

        return credentials;
    }

    public async Task<StoredCredential?> FindAsync(byte[] id, CancellationToken cancellationToken)
    {
        await using var command = source.Command("SELECT user_id, public_key, sign_count, backup_eligible FROM webauthn_credentials WHERE id = $1", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new StoredCredential(
                reader.GetInt64(0), new KnownCredential(reader.GetFieldValue<byte[]>(1), (uint)reader.GetInt64(2), reader.GetBoolean(3)))
            : null;
    }
}
