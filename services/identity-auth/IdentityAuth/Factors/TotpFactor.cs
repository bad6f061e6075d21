using System.Security.Cryptography;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Factors;
using Npgsql;

namespace IdentityAuth.Factors;

/// <summary>Codes of an authenticator app, and the backup codes that stand in for it (contract §3.5, §8.4).</summary>
internal sealed class TotpFactor(NpgsqlDataSource source, SealedData sealedData, SecretHash hashes, TimeProvider clock)
{
    /// <summary>Under which a code is hashed.</summary>
    public const string BackupCodePurpose = "backup-code";

    /// <summary>Checks a code of either kind against an account.</summary>
    /// <returns><see langword="null"/> if it is wrong, used, or the account has no authenticator app.</returns>
    public async Task<FactorUse?> CheckAsync(long userId, string code, CancellationToken cancellationToken)
        => Totp.IsCode(code) ? await CheckTotpAsync(userId, code, cancellationToken)
            : BackupCode.Normalize(code) is { } backupCode ? await CheckBackupCodeAsync(userId, backupCode, cancellationToken)
            : null;

    /// <summary>The secret that a client chose (§8.4), sealed for its row.</summary>
    public byte[] Seal(long userId, ReadOnlySpan<byte> secret) => sealedData.Seal(secret, SealedKind.Totp, Snowflake.Text(userId));

    /// <summary>Replaces an account's backup codes.</summary>
    public void AddNewCodes(NpgsqlBatch batch, long userId, IReadOnlyList<string> codes)
    {
        batch.Add("DELETE FROM backup_codes WHERE user_id = $1", userId);
        var owner = Snowflake.Text(userId);
        batch.Add(
            """
            INSERT INTO backup_codes (user_id, position, code, code_hash)
            SELECT $1, row_number() OVER (), code, code_hash FROM unnest($2, $3) AS codes (code, code_hash)
            """,
            userId,
            Sql.BytesList(codes.Select(code => sealedData.Seal(System.Text.Encoding.ASCII.GetBytes(code), SealedKind.BackupCode, owner))),
            Sql.BytesList(codes.Select(code => hashes.Of(BackupCodePurpose, owner, code))));
    }

    /// <summary>An account's backup codes as it was given them, and which of them are used up.</summary>
    public async Task<IReadOnlyList<(string Code, bool Consumed)>> ListCodesAsync(long userId, CancellationToken cancellationToken)
    {
        await using var command = source.Command("SELECT code, consumed_at IS NOT NULL FROM backup_codes WHERE user_id = $1 ORDER BY position", userId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var codes = new List<(string, bool)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var code = sealedData.Open(reader.GetFieldValue<byte[]>(0), SealedKind.BackupCode, Snowflake.Text(userId));
            codes.Add((System.Text.Encoding.ASCII.GetString(code), reader.GetBoolean(1)));
        }

        return codes;
    }

    private async Task<FactorUse?> CheckTotpAsync(long userId, string code, CancellationToken cancellationToken)
    {
        await using var command = source.Command("SELECT secret, last_step FROM totp_secrets WHERE user_id = $1", userId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var secret = sealedData.Open(reader.GetFieldValue<byte[]>(0), SealedKind.Totp, Snowflake.Text(userId));
        try
        {
            return Totp.Match(secret, code, clock.GetUtcNow(), reader.GetInt64(1)) is { } step
                ? new FactorUse(SignInMethod.Totp, "UPDATE totp_secrets SET last_step = $2 WHERE user_id = $1 AND last_step < $2", [userId, step])
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private async Task<FactorUse?> CheckBackupCodeAsync(long userId, string code, CancellationToken cancellationToken)
    {
        var found = hashes.AllOf(BackupCodePurpose, Snowflake.Text(userId), code);
        const string Find =
            """
            SELECT EXISTS (SELECT FROM backup_codes c JOIN totp_secrets t USING (user_id)
                           WHERE c.user_id = $1 AND c.code_hash = ANY($2) AND c.consumed_at IS NULL)
            """;
        // Parameters have one owner, so each statement gets its own.
        return await source.ScalarAsync<bool>(Find, [userId, Sql.BytesList(found)], cancellationToken)
            ? new FactorUse(
                SignInMethod.Totp,
                "UPDATE backup_codes SET consumed_at = $3 WHERE user_id = $1 AND code_hash = ANY($2) AND consumed_at IS NULL",
                [userId, Sql.BytesList(found), clock.GetUtcNow()])
            : null;
    }
}
