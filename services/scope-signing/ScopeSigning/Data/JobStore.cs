using System.Security.Cryptography;
using Dapper;
using Npgsql;
using ScopeSigning.Contracts.V1;
using ScopeSigning.Domain;
using ScopeSigning.Messages;
using ScopeSigning.Signing;
using ServiceDefaults.Messaging;

namespace ScopeSigning.Data;

/// <summary>A job to be made.</summary>
internal sealed record NewJob(
    Guid Reference, JobId Id, SubjectKey Subject, string Scope, string Channel, string Signer, bool Test,
    ScopeValue Value, byte[] ValueHash, byte[] CodeHash, byte[]? LinkHash, DateTimeOffset ExpiresAt);

/// <summary>A living job. <see cref="Value"/> and <see cref="Token"/> are sealed.</summary>
internal sealed record JobRow(
    Guid Reference, string Sub, string Scope, string Channel, string Signer, bool Test, string State, byte[] Value, byte[] ValueHash,
    byte[]? Token, long? TokenExpires)
{
    public bool IsWaiting => State == "waiting";

    public bool IsReady => State == "ready";
}

internal enum ConfirmResult
{
    Confirmed,
    Unknown,
    Refused,
}

internal sealed class JobStore(NpgsqlDataSource database, Outbox outbox, DeliveryStore deliveries, SealedData sealedData, TimeProvider clock)
{
    public const int MaximumAttempts = 5;

    private const string Columns =
        """
        id AS Reference, sub AS Sub, scope AS Scope, channel AS Channel, signer AS Signer, test AS Test, state AS State,
        value AS Value, value_hmac AS ValueHash, token AS Token, token_exp AS TokenExpires
        """;

    /// <summary>
    /// Makes the job, its message and its event in one commit, and destroys the older waiting job for the same value, so that
    /// only the newest code works.
    /// </summary>
    /// <param name="spent">The nonce of the token that asks for it.</param>
    public async Task<SpendResult> CreateAsync(NewJob job, NewDelivery delivery, SpentNonce? spent, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Makes the requests of one key queue up, and keeps a revocation from passing by unseen.
        var live = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "SELECT true FROM keys WHERE sub = @sub AND state = 'registered' FOR NO KEY UPDATE",
            new { sub = job.Subject.Text },
            transaction,
            cancellationToken: cancellationToken));
        if (!live)
        {
            return SpendResult.Revoked;
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.Add(
            "DELETE FROM jobs WHERE sub = $1 AND scope = $2 AND value_hmac = $3 AND test = $4 AND state = 'waiting'",
            job.Subject.Text, job.Scope, job.ValueHash, job.Test);
        batch.Add(
            """
            INSERT INTO jobs (id, id_hash, sub, scope, channel, signer, test, state, value, value_hmac, code_hmac, link_hmac, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9, $10, $11, $12, $13)
            """,
            job.Reference, job.Id.Hash, job.Subject.Text, job.Scope, job.Channel, job.Signer, job.Test,
            sealedData.Seal(job.Value.ToBytes(), SealedKind.JobValue, job.Reference.ToString()), job.ValueHash,
            job.CodeHash, Sql.Bytes(job.LinkHash), now, job.ExpiresAt);
        deliveries.Add(batch, delivery);
        outbox.Add(batch, AggregateOf(job.Reference), new ScopeRequested
        {
            JobReference = job.Reference,
            Sub = job.Subject.Text,
            Scope = job.Scope,
            Test = job.Test,
            ExpiresAt = job.ExpiresAt,
            OccurredAt = now,
        });
        spent?.AddTo(batch, now);
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (SpentNonce.IsReplay(exception))
        {
            return SpendResult.Replayed;
        }

        await transaction.CommitAsync(cancellationToken);
        return SpendResult.Done;
    }

    /// <summary>The job, unless its time is over: then it is gone at that second, whether or not it was swept.</summary>
    public async Task<JobRow?> FindAsync(JobId id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<JobRow>(new CommandDefinition(
            $"SELECT {Columns} FROM jobs WHERE id_hash = @hash AND expires_at > @now",
            new { hash = id.Hash, now = clock.GetUtcNow() },
            cancellationToken: cancellationToken));
    }

    /// <summary>The same inside, held until the transaction ends.</summary>
    public async Task<JobRow?> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid reference, CancellationToken cancellationToken)
        => await connection.QuerySingleOrDefaultAsync<JobRow>(new CommandDefinition(
            $"SELECT {Columns} FROM jobs WHERE id = @reference AND expires_at > @now FOR UPDATE",
            new { reference, now = clock.GetUtcNow() },
            transaction,
            cancellationToken: cancellationToken));

    /// <summary>Tries a code or a link secret.</summary>
    /// <param name="codeHash">Hash of the code, or <see langword="null"/>.</param>
    /// <param name="linkHash">Hash of the link secret, or <see langword="null"/>; with neither, nothing is counted.</param>
    public async Task<ConfirmResult> ConfirmAsync(
        JobId id, byte[]? codeHash, byte[]? linkHash, TimeSpan confirmedLifetime, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (codeHash is not null || linkHash is not null)
        {
            // The attempt is counted in the statement that reads it, so that parallel guesses cannot pass the limit.
            var waiting = await connection.QuerySingleOrDefaultAsync<SecretRow>(new CommandDefinition(
                """
                UPDATE jobs SET attempts = attempts + 1
                WHERE id_hash = @hash AND state = 'waiting' AND expires_at > @now AND attempts < @maximum
                RETURNING id AS Reference, sub AS Sub, scope AS Scope, signer AS Signer, test AS Test, attempts AS Attempts,
                    code_hmac AS CodeHash, link_hmac AS LinkHash
                """,
                new { hash = id.Hash, now, maximum = MaximumAttempts },
                transaction,
                cancellationToken: cancellationToken));
            if (waiting is not null)
            {
                var right = waiting.Matches(codeHash, linkHash);
                await using var batch = new NpgsqlBatch(connection, transaction);
                if (right)
                {
                    AddConfirmation(batch, waiting, now, confirmedLifetime);
                }
                else if (waiting.Attempts >= MaximumAttempts)
                {
                    batch.Add("DELETE FROM jobs WHERE id = $1", waiting.Reference);
                }

                if (batch.BatchCommands.Count > 0)
                {
                    await batch.ExecuteNonQueryAsync(cancellationToken);
                }

                await transaction.CommitAsync(cancellationToken);
                return right ? ConfirmResult.Confirmed : ConfirmResult.Refused;
            }
        }

        var job = await connection.QuerySingleOrDefaultAsync<SecretRow>(new CommandDefinition(
            """
            SELECT id AS Reference, sub AS Sub, scope AS Scope, signer AS Signer, test AS Test, attempts AS Attempts,
                code_hmac AS CodeHash, link_hmac AS LinkHash
            FROM jobs WHERE id_hash = @hash AND expires_at > @now
            """,
            new { hash = id.Hash, now },
            transaction,
            cancellationToken: cancellationToken));
        return job switch
        {
            null => ConfirmResult.Unknown,
            _ when job.Matches(codeHash, linkHash) => ConfirmResult.Confirmed,
            _ => ConfirmResult.Refused,
        };
    }

    /// <summary>Puts the signed token into a confirmed job, once: whoever comes first wins.</summary>
    /// <returns>Whether this call did it.</returns>
    public async Task<bool> CompleteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, JobRow job, SignedScope token, TimeSpan readyLifetime, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var completed = await connection.ExecuteAsync(new CommandDefinition(
            """
            UPDATE jobs SET state = 'ready', token = @token, token_exp = @exp, expires_at = @until
            WHERE id = @reference AND state = 'confirmed' AND expires_at > @now
            """,
            new
            {
                reference = job.Reference,
                token = sealedData.Seal(token.Token, SealedKind.JobToken, job.Reference.ToString()),
                exp = token.Expires,
                until = now + readyLifetime,
                now,
            },
            transaction,
            cancellationToken: cancellationToken));
        if (completed == 0)
        {
            return false;
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        if (token.ProvesValue)
        {
            KeyStore.AddProof(batch, job.Sub, job.Scope, job.ValueHash, now);
        }

        outbox.Add(batch, AggregateOf(job.Reference), new ScopeSigned
        {
            JobReference = job.Reference,
            Sub = job.Sub,
            Scope = job.Scope,
            Test = job.Test,
            Issuer = token.Issuer,
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(token.Expires),
            OccurredAt = now,
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>The same in a transaction of its own.</summary>
    public async Task<bool> CompleteAsync(JobRow job, SignedScope token, TimeSpan readyLifetime, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var completed = await CompleteAsync(connection, transaction, job, token, readyLifetime, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return completed;
    }

    public async Task<bool> DeleteAsync(JobId id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM jobs WHERE id_hash = @hash AND expires_at > @now",
            new { hash = id.Hash, now = clock.GetUtcNow() },
            cancellationToken: cancellationToken)) == 1;
    }

    public ScopeValue ValueOf(JobRow job) => ScopeValue.FromBytes(sealedData.Open(job.Value, SealedKind.JobValue, job.Reference.ToString()));

    public string? TokenOf(JobRow job)
        => job.Token is null ? null : sealedData.OpenText(job.Token, SealedKind.JobToken, job.Reference.ToString());

    private static string AggregateOf(Guid reference) => $"job-{reference:N}";

    private void AddConfirmation(NpgsqlBatch batch, SecretRow job, DateTimeOffset now, TimeSpan confirmedLifetime)
    {
        batch.Add("UPDATE jobs SET state = 'confirmed', expires_at = $2 WHERE id = $1", job.Reference, now + confirmedLifetime);
        outbox.Add(batch, AggregateOf(job.Reference), new ScopeConfirmed
        {
            JobReference = job.Reference,
            Sub = job.Sub,
            Scope = job.Scope,
            Test = job.Test,
            OccurredAt = now,
        });
        if (job.Signer == ScopeSigner.BuiltIn)
        {
            outbox.Add(batch, AggregateOf(job.Reference), new SignJob { JobReference = job.Reference });
        }
    }

    private sealed record SecretRow(
        Guid Reference, string Sub, string Scope, string Signer, bool Test, int Attempts, byte[] CodeHash, byte[]? LinkHash)
    {
        public bool Matches(byte[]? code, byte[]? link)
            => (code is not null && CryptographicOperations.FixedTimeEquals(code, CodeHash))
                || (link is not null && LinkHash is not null && CryptographicOperations.FixedTimeEquals(link, LinkHash));
    }
}

/// <summary>A token that completes a job.</summary>
/// <param name="Expires">Its <c>exp</c>, in seconds of Unix time.</param>
/// <param name="ProvesValue">Whether it counts as proof for binding: signed by the built-in real issuer.</param>
internal sealed record SignedScope(string Token, string Issuer, long Expires, bool ProvesValue);
