using Npgsql;

namespace Pairing.Data;

/// <summary>
/// A Postgres transaction that holds the lock on one user of one tenant: whatever decides about that user's pairings runs one after
/// the other, and their events leave in that order. Disposing without <see cref="CommitAsync"/> rolls back.
/// </summary>
/// <remarks>BEGIN travels with the first statements and COMMIT with the last: two round trips, with a Redis step in between.</remarks>
internal sealed class UserTransaction : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private UserTransaction(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Begins, takes the lock and runs further statements with it.</summary>
    /// <param name="lockKey">See <see cref="LockKey(Guid, Guid)"/>.</param>
    /// <param name="first">Adds the statements that are to run under the lock, in the same round trip.</param>
    /// <param name="read">Called for each of their result sets, standing on its only row.</param>
    public static async Task<UserTransaction> BeginAsync(
        NpgsqlDataSource source,
        long lockKey,
        Action<NpgsqlBatch> first,
        Action<NpgsqlDataReader> read,
        CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
            batch.BatchCommands.Add(Lock(lockKey));
            first(batch);

            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            // BEGIN has no result set, so the reader stands on the lock's, which says nothing.
            while (await reader.NextResultAsync(cancellationToken))
            {
                await reader.ReadAsync(cancellationToken);
                read(reader);
            }

            return new UserTransaction(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the last statements of this transaction and commits.</summary>
    /// <param name="fill">Adds the statements to a batch.</param>
    /// <param name="timeoutSeconds">How long they may take; the connection's own limit when it is 0.</param>
    public async Task CommitAsync(Action<NpgsqlBatch> fill, int timeoutSeconds = 0)
    {
        await using var batch = new NpgsqlBatch(_connection);
        if (timeoutSeconds > 0)
        {
            batch.Timeout = timeoutSeconds;
        }

        fill(batch);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));

        // Not cancelled with the request: half-way through a commit nobody could say what has happened.
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    // Npgsql rolls an open transaction back before the connection returns to the pool.
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>The statement that waits for the lock; it is held until the transaction ends.</summary>
    public static NpgsqlBatchCommand Lock(long key)
    {
        var command = new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock($1)");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key });
        return command;
    }

    /// <summary>The number that stands for a user in Postgres' space of advisory locks: 64 bits of a hash of his name.</summary>
    public static long LockKey(Guid tenantId, Guid userId)
    {
        Span<byte> name = stackalloc byte[32];
        tenantId.TryWriteBytes(name[..16], bigEndian: true, out _);
        userId.TryWriteBytes(name[16..], bigEndian: true, out _);
        return LockKey(name);
    }

    /// <inheritdoc cref="LockKey(Guid, Guid)"/>
    public static long LockKey(ReadOnlySpan<byte> name)
    {
        Span<byte> hash = stackalloc byte[System.Security.Cryptography.SHA256.HashSizeInBytes];
        System.Security.Cryptography.SHA256.HashData(name, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(hash);
    }
}
