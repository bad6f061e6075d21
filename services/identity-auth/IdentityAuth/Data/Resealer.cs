using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace IdentityAuth.Data;

/// <summary>
/// Seals with the current data key what is kept for long and was sealed with the one before: then that one can go. Runs once at the start of
/// an instance that has both keys. What lives for two days at most (mails on their way, tickets) is left to run out.
/// </summary>
internal sealed partial class Resealer(NpgsqlDataSource source, SealedData sealer, SecretHash hashes, TimeProvider clock, ILogger<Resealer> logger) : BackgroundService
{
    // Each query gives the place that a value was sealed for, and the value. Each statement takes the new value, the old one, the place and
    // for backup codes the new hash; a value that was changed meanwhile stays.
    private static readonly (SealedKind Kind, string Query, string Statement)[] Places =
    [
        (SealedKind.Totp, "SELECT user_id::text, secret FROM totp_secrets", "UPDATE totp_secrets SET secret = $1 WHERE secret = $2 AND user_id = $3::bigint"),
        (
            SealedKind.BackupCode,
            "SELECT user_id::text, code FROM backup_codes",
            "UPDATE backup_codes SET code = $1, code_hash = $4 WHERE code = $2 AND user_id = $3::bigint"),
        (SealedKind.SigningKey, "SELECT kid, private_key FROM signing_keys", "UPDATE signing_keys SET private_key = $1 WHERE private_key = $2 AND kid = $3"),
    ];

    private static readonly TimeSpan RetryPause = TimeSpan.FromMinutes(1);

    /// <summary>Goes through everything once. Safe at any time, in any number of instances.</summary>
    /// <returns>How many values were sealed anew.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var (count, unreadable) = (0, 0);
        foreach (var (kind, query, statement) in Places)
        {
            await using var command = source.Command(query);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                try
                {
                    count += await ResealAsync(kind, statement, reader.GetString(0), reader.GetFieldValue<byte[]>(1), cancellationToken);
                }
                catch (CryptographicException)
                {
                    // Of a key that is not configured any more. One lost value must not keep the others under the old key.
                    unreadable++;
                }
            }
        }

        LogDone(count);
        if (unreadable > 0)
        {
            LogUnreadable(unreadable);
        }

        return count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (sealer.HasPreviousKey)
        {
            try
            {
                await RunAsync(stoppingToken);
                return;
            }
            catch (NpgsqlException exception)
            {
                LogFailed(exception);
                await Task.Delay(RetryPause, clock, stoppingToken);
            }
        }
    }

    private async Task<int> ResealAsync(SealedKind kind, string statement, string place, byte[] value, CancellationToken cancellationToken)
    {
        var plain = sealer.Open(value, kind, place, out var isCurrent);
        try
        {
            if (isCurrent)
            {
                return 0;
            }

            object[] values = [sealer.Seal(plain, kind, place), value, place];
            return await source.ExecuteAsync(
                statement,
                kind == SealedKind.BackupCode ? [.. values, hashes.Of(Factors.TotpFactor.BackupCodePurpose, place, Encoding.ASCII.GetString(plain))] : values,
                cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} values were sealed with the current data key; two days from now the previous one is not needed any more")]
    private partial void LogDone(int count);

    [LoggerMessage(LogLevel.Error, "{Count} values can be opened with neither data key")]
    private partial void LogUnreadable(int count);

    [LoggerMessage(LogLevel.Warning, "Sealing with the current data key was interrupted; it is tried again")]
    private partial void LogFailed(Exception exception);
}
