using Dapper;
using Npgsql;
using ScopeSigning.Contracts.V1;
using ScopeSigning.Domain;
using ScopeSigning.Signing;
using ServiceDefaults.Messaging;

namespace ScopeSigning.Data;

/// <summary>A stored key. <see cref="DeviceToken"/> is sealed.</summary>
internal sealed record KeyRow(string State, DateTime Since, byte[]? DeviceToken, byte[] SecretHash)
{
    public bool IsRevoked => State == "revoked";
}

/// <summary>What an accepted token changes.</summary>
internal sealed record KeyChange
{
    /// <summary>Whether <see cref="DeviceToken"/> (sealed) replaces the stored one; it may clear it.</summary>
    public required bool SetsDeviceToken { get; init; }

    public byte[]? DeviceToken { get; init; }

    public required bool SetsEncryptionKey { get; init; }

    public string? EncryptionKey { get; init; }

    /// <summary>Hash of the address to bind.</summary>
    public byte[]? Email { get; init; }

    /// <summary>Hash of the number to bind.</summary>
    public byte[]? Phone { get; init; }

    /// <summary>Whether both values have to be proven already, or are proven by this very request.</summary>
    public required bool RequiresProof { get; init; }

    public required long? IssuedAt { get; init; }

    /// <summary>Of the token that asks for the change.</summary>
    public required SpentNonce? Nonce { get; init; }
}

internal enum KeyChangeResult
{
    Done,
    Unknown,
    Revoked,
    Stale,
    NotProven,
    BoundElsewhere,
    Replayed,
}

internal sealed class KeyStore(NpgsqlDataSource database, Outbox outbox, PepperedHash hash, TimeProvider clock)
{
    public static string AggregateOf(SubjectKey subject) => $"key-{subject.Fingerprint}";

    public async Task<KeyRow?> FindAsync(SubjectKey subject, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<KeyRow>(new CommandDefinition(
            "SELECT state AS State, since AS Since, devtoken AS DeviceToken, secret_hash AS SecretHash FROM keys WHERE sub = @sub",
            new { sub = subject.Text },
            cancellationToken: cancellationToken));
    }

    /// <summary>Registers the key, its event and the token's nonce in one commit.</summary>
    /// <param name="spent">Of a token with a time.</param>
    /// <param name="untimedNonce">Of a token without one.</param>
    /// <returns><see langword="false"/> when the key exists: of N simultaneous registrations one wins, by the primary key.</returns>
    public async Task<bool> RegisterAsync(
        SubjectKey subject, byte[]? deviceToken, string? encryptionKey, byte[] secretHash, SpentNonce? spent, byte[]? untimedNonce,
        CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = connection.CreateBatch();
        batch.Add(
            "INSERT INTO keys (sub, state, since, devtoken, pk, secret_hash) VALUES ($1, 'registered', $2, $3, $4, $5)",
            subject.Text, now, Sql.Bytes(deviceToken), Sql.Text(encryptionKey), secretHash);
        if (untimedNonce is not null)
        {
            batch.Add("INSERT INTO nonces (sub, nonce, taken_at) VALUES ($1, $2, $3)", subject.Text, untimedNonce, now);
        }

        spent?.AddTo(batch, now);

        outbox.Add(batch, AggregateOf(subject), new SigningKeyRegistered { Sub = subject.Text, OccurredAt = now });
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation && exception.TableName == "keys")
        {
            return false;
        }
    }

    /// <summary>Changes all or nothing.</summary>
    public async Task<KeyChangeResult> ChangeAsync(SubjectKey subject, KeyChange change, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<BindingRow>(new CommandDefinition(
            "SELECT state AS State, last_iat AS LastIssuedAt, email_hmac AS Email, phone_hmac AS Phone FROM keys WHERE sub = @sub FOR NO KEY UPDATE",
            new { sub = subject.Text },
            transaction,
            cancellationToken: cancellationToken));
        if (row is null)
        {
            return KeyChangeResult.Unknown;
        }

        if (row.State != "registered")
        {
            return KeyChangeResult.Revoked;
        }

        if (change.IssuedAt < row.LastIssuedAt)
        {
            return KeyChangeResult.Stale;
        }

        if (change.RequiresProof
            && !(await IsProvenAsync(connection, transaction, subject, ScopeKind.Email, change.Email, cancellationToken)
                && await IsProvenAsync(connection, transaction, subject, ScopeKind.Phone, change.Phone, cancellationToken)))
        {
            return KeyChangeResult.NotProven;
        }

        var email = change.Email ?? row.Email;
        var phone = change.Phone ?? row.Phone;
        var pair = email is null || phone is null ? null : hash.OfPair(email, phone);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.Add(
            """
            UPDATE keys
            SET devtoken = CASE WHEN $2 THEN $3 ELSE devtoken END,
                pk = CASE WHEN $4 THEN $5 ELSE pk END,
                email_hmac = $6, phone_hmac = $7, pair_hmac = $8,
                last_iat = GREATEST(last_iat, $9)
            WHERE sub = $1
            """,
            subject.Text, change.SetsDeviceToken, Sql.Bytes(change.DeviceToken), change.SetsEncryptionKey, Sql.Text(change.EncryptionKey),
            Sql.Bytes(email), Sql.Bytes(phone), Sql.Bytes(pair), Sql.Integer(change.IssuedAt));
        foreach (var (scope, value) in new[] { (ScopeKind.Email, change.Email), (ScopeKind.Phone, change.Phone) })
        {
            if (value is not null && !change.RequiresProof)
            {
                AddProof(batch, subject.Text, scope, value, clock.GetUtcNow());
            }
        }

        change.Nonce?.AddTo(batch, clock.GetUtcNow());
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation && exception.ConstraintName == "keys_pair")
        {
            return KeyChangeResult.BoundElsewhere;
        }
        catch (PostgresException exception) when (SpentNonce.IsReplay(exception))
        {
            return KeyChangeResult.Replayed;
        }

        await transaction.CommitAsync(cancellationToken);
        return KeyChangeResult.Done;
    }

    /// <summary>Remembers that the key has proven a value.</summary>
    public static void AddProof(NpgsqlBatch batch, string sub, string scope, byte[] value, DateTimeOffset now)
        => batch.Add(
            "INSERT INTO verified_values (sub, scope, value_hmac, verified_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            sub, scope, value, now);

    /// <summary>Clears a device token that the push provider called dead, unless the app has brought another since.</summary>
    public static async Task ClearDeviceTokenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string sub, Func<byte[], bool> isDead, CancellationToken cancellationToken)
    {
        var stored = await connection.QuerySingleOrDefaultAsync<byte[]?>(new CommandDefinition(
            "SELECT devtoken FROM keys WHERE sub = @sub FOR NO KEY UPDATE", new { sub }, transaction, cancellationToken: cancellationToken));
        if (stored is not null && isDead(stored))
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "UPDATE keys SET devtoken = NULL WHERE sub = @sub", new { sub }, transaction, cancellationToken: cancellationToken));
        }
    }

    /// <summary>Revokes a key that is live. The caller has not changed anything in this transaction that must not go with it.</summary>
    /// <returns>Whether it was live.</returns>
    public async Task<bool> RevokeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, SubjectKey subject, string method, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var revoked = await connection.ExecuteAsync(new CommandDefinition(
            """
            UPDATE keys
            SET state = 'revoked', revoked_at = @now, devtoken = NULL, pk = NULL, email_hmac = NULL, phone_hmac = NULL, pair_hmac = NULL
            WHERE sub = @sub AND state = 'registered'
            """,
            new { sub = subject.Text, now },
            transaction,
            cancellationToken: cancellationToken));
        if (revoked == 0)
        {
            return false;
        }

        // Jobs take their deliveries along; the pushes go by the key. Proofs last, so that a signing just finished leaves none.
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.Add("DELETE FROM jobs WHERE sub = $1", subject.Text);
        batch.Add("DELETE FROM revocations WHERE sub = $1", subject.Text);
        batch.Add("DELETE FROM deliveries WHERE sub = $1", subject.Text);
        batch.Add("DELETE FROM verified_values WHERE sub = $1", subject.Text);
        batch.Add("DELETE FROM nonces WHERE sub = $1", subject.Text);
        outbox.Add(batch, AggregateOf(subject), new SigningKeyRevoked { Sub = subject.Text, Method = method, OccurredAt = now });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>The same in a transaction of its own.</summary>
    public async Task RevokeAsync(SubjectKey subject, string method, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RevokeAsync(connection, transaction, subject, method, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<bool> IsProvenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, SubjectKey subject, string scope, byte[]? value, CancellationToken cancellationToken)
        => await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "SELECT EXISTS (SELECT FROM verified_values WHERE sub = @sub AND scope = @scope AND value_hmac = @value)",
            new { sub = subject.Text, scope, value },
            transaction,
            cancellationToken: cancellationToken));

    private sealed record BindingRow(string State, long? LastIssuedAt, byte[]? Email, byte[]? Phone);
}
