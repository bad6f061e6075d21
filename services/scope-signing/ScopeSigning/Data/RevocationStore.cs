using System.Security.Cryptography;
using Dapper;
using Npgsql;
using ScopeSigning.Domain;

namespace ScopeSigning.Data;

internal enum RevocationResult
{
    Done,
    Unknown,
    Refused,
}

/// <summary>Revocations without the secret: at most one open per e-mail and phone pair.</summary>
internal sealed class RevocationStore(NpgsqlDataSource database, KeyStore keys, DeliveryStore deliveries, TimeProvider clock)
{
    public const int MaximumAttempts = 5;

    /// <summary>The live key bound to the pair, and whether a revocation is open.</summary>
    public async Task<(SubjectKey Subject, bool IsOpen)?> FindAsync(byte[] pair, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<BoundRow>(new CommandDefinition(
            """
            SELECT k.sub AS Sub, r.pair_hmac IS NOT NULL AS IsOpen
            FROM keys k LEFT JOIN revocations r ON r.pair_hmac = k.pair_hmac AND r.expires_at > @now
            WHERE k.pair_hmac = @pair
            """,
            new { pair, now = clock.GetUtcNow() },
            cancellationToken: cancellationToken));
        return row is not null && SubjectKey.TryParse(row.Sub, out var subject) ? (subject, row.IsOpen) : null;
    }

    /// <summary>Opens one and orders its mail.</summary>
    /// <returns><see langword="false"/> when another request was faster, or the key is gone.</returns>
    public async Task<bool> OpenAsync(
        byte[] pair, SubjectKey subject, byte[] codeHash, NewDelivery mail, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(connection, transaction, pair, cancellationToken) != subject.Text)
        {
            return false;
        }

        await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM revocations WHERE pair_hmac = @pair AND expires_at <= @now",
            new { pair, now = clock.GetUtcNow() },
            transaction,
            cancellationToken: cancellationToken));
        var opened = await connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO revocations (pair_hmac, sub, code_hmac, expires_at) VALUES (@pair, @sub, @codeHash, @expiresAt)
            ON CONFLICT DO NOTHING
            """,
            new { pair, sub = subject.Text, codeHash, expiresAt = mail.ExpiresAt },
            transaction,
            cancellationToken: cancellationToken));
        if (opened == 0)
        {
            return false;
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        deliveries.Add(batch, mail);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Tries a code; the right one revokes the key, the fifth wrong one closes the revocation.</summary>
    public async Task<RevocationResult> TryCodeAsync(byte[] pair, byte[] codeHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // The key first, as every revocation does: two ways of revoking at once must not wait for each other.
        if (!SubjectKey.TryParse(await LockAsync(connection, transaction, pair, cancellationToken), out var subject))
        {
            return RevocationResult.Unknown;
        }

        var open = await connection.QuerySingleOrDefaultAsync<CodeRow>(new CommandDefinition(
            """
            UPDATE revocations SET attempts = attempts + 1
            WHERE pair_hmac = @pair AND expires_at > @now AND attempts < @maximum
            RETURNING code_hmac AS CodeHash, attempts AS Attempts
            """,
            new { pair, now = clock.GetUtcNow(), maximum = MaximumAttempts },
            transaction,
            cancellationToken: cancellationToken));
        if (open is null)
        {
            return RevocationResult.Refused;
        }

        var right = CryptographicOperations.FixedTimeEquals(codeHash, open.CodeHash);
        if (right)
        {
            await keys.RevokeAsync(connection, transaction, subject, "code", cancellationToken);
        }
        else if (open.Attempts >= MaximumAttempts)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "DELETE FROM revocations WHERE pair_hmac = @pair", new { pair }, transaction, cancellationToken: cancellationToken));
        }

        await transaction.CommitAsync(cancellationToken);
        return right ? RevocationResult.Done : RevocationResult.Refused;
    }

    private static async Task<string?> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, byte[] pair, CancellationToken cancellationToken)
        => await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            "SELECT sub FROM keys WHERE pair_hmac = @pair FOR NO KEY UPDATE", new { pair }, transaction, cancellationToken: cancellationToken));

    private sealed record BoundRow(string Sub, bool IsOpen);

    private sealed record CodeRow(byte[] CodeHash, int Attempts);
}
