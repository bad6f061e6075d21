using Npgsql;

namespace IdentityAuth.Data;

/// <summary>
/// One Postgres transaction of a request. BEGIN travels with the first statements and COMMIT with the last. Disposing without
/// <see cref="CommitAsync"/> rolls back.
/// </summary>
internal sealed class UnitOfWork : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private bool _begun;

    private UnitOfWork(NpgsqlConnection connection) => _connection = connection;

    public static async Task<UnitOfWork> OpenAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
        => new(await source.OpenConnectionAsync(cancellationToken));

    /// <summary>Runs a statement and reads its rows.</summary>
    public async Task<List<T>> QueryAsync<T>(string text, object[] values, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var batch = NewBatch();
        batch.Add(text, values);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it touched.</returns>
    public async Task<int> ExecuteAsync(string text, object[] values, CancellationToken cancellationToken)
    {
        await using var batch = NewBatch();
        batch.Add(text, values);
        return await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Runs the last statements of this transaction and commits.</summary>
    public async Task CommitAsync(Action<NpgsqlBatch> fill)
    {
        await using var batch = NewBatch();
        fill(batch);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));

        // Not cancelled with the request: half-way through a commit nobody could say what has happened.
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    // Npgsql rolls an open transaction back before the connection returns to the pool.
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private NpgsqlBatch NewBatch()
    {
        var batch = new NpgsqlBatch(_connection);
        if (!_begun)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
            _begun = true;
        }

        return batch;
    }
}
