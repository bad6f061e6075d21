using Npgsql;
using NpgsqlTypes;
using OpenTelemetry;

namespace ServiceDefaults.Messaging;

/// <summary>The SQL of the outbox. Time is the database's clock, because several instances share the rows.</summary>
/// <remarks>Nothing here is traced: a poll every second would fill the dashboard with itself.</remarks>
internal sealed class OutboxStore(NpgsqlDataSource source)
{
    /// <summary>Fresh rows of one round. Bounds memory, and how long a round holds its locks.</summary>
    public const int Window = 200;

    /// <summary>Parked rows of one round, kept apart so that however many are parked, fresh rows find room.</summary>
    public const int ParkedWindow = 50;

    /// <summary>Where counting the backlog ends.</summary>
    private const int CountLimit = 100_000;

    // 1. Lock what is next, passing over what another relay holds. A row that the other one published meanwhile is looked at again
    //    under the lock and falls out (READ COMMITTED).
    // 2. Say for each whether a pending row of its aggregate that is not ours comes first: then it has to wait. The snapshot is older
    //    than the locks, so this can only err towards waiting.
    private const string Claim = """
        WITH ready AS (
            SELECT * FROM outbox
            WHERE published_at IS NULL AND parked_until IS NULL
            ORDER BY id LIMIT $1
            FOR UPDATE SKIP LOCKED),
        due AS (
            SELECT * FROM outbox
            WHERE published_at IS NULL AND parked_until <= now()
            ORDER BY parked_until, id LIMIT $2
            FOR UPDATE SKIP LOCKED),
        claimed AS (SELECT * FROM ready UNION ALL SELECT * FROM due)
        SELECT c.id, c.message_id, c.aggregate, c.type, c.body, c.correlation_id, c.traceparent, clock_timestamp() - c.created_at, c.attempts,
               first.id IS NOT NULL, first.parked_until - now(), COALESCE(c.parked_until >= first.parked_until, false)
        FROM claimed c
        LEFT JOIN LATERAL (
            SELECT o.id, o.parked_until FROM outbox o
            WHERE o.aggregate = c.aggregate AND o.published_at IS NULL AND o.id < c.id AND o.id NOT IN (SELECT id FROM claimed)
            ORDER BY o.id LIMIT 1) first ON true
        ORDER BY c.id
        """;

    private const string Mark = "UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY($1)";

    private const string Park = """
        UPDATE outbox SET parked_until = clock_timestamp() + p.wait, attempts = p.attempts, parked_because = p.because
        FROM unnest($1, $2, $3, $4) AS p(id, wait, attempts, because)
        WHERE outbox.id = p.id
        """;

    private const string Promise = """
        UPDATE outbox_watch SET awake_until = clock_timestamp() + $1 WHERE awake_until < clock_timestamp() + $1 / 2
        """;

    private const string Backlog = """
        SELECT (SELECT count(*) FROM (SELECT FROM outbox WHERE published_at IS NULL LIMIT $1) AS pending),
               clock_timestamp() - LEAST(
                   (SELECT created_at FROM outbox WHERE published_at IS NULL AND parked_until IS NULL ORDER BY id LIMIT 1),
                   (SELECT min(created_at) FROM
                       (SELECT created_at FROM outbox WHERE published_at IS NULL AND parked_until IS NOT NULL ORDER BY parked_until, id LIMIT 1000) AS parked))
        """;

    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin();
        return await source.OpenConnectionAsync(cancellationToken);
    }

    public static async Task<List<OutboxRow>> ClaimAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin();
        await using var command = new NpgsqlCommand(Claim, connection, transaction)
        {
            Parameters = { new() { Value = Window }, new() { Value = ParkedWindow } },
        };
        var rows = new List<OutboxRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new OutboxRow(
                reader.GetInt64(0),
                reader.GetGuid(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetFieldValue<byte[]>(4),
                reader.IsDBNull(5) ? null : reader.GetString(5),
                reader.IsDBNull(6) ? null : reader.GetString(6),
                reader.GetTimeSpan(7),
                reader.GetInt32(8),
                reader.GetBoolean(9),
                reader.IsDBNull(10) ? null : reader.GetTimeSpan(10),
                reader.GetBoolean(11)));
        }

        return rows;
    }

    /// <summary>Writes down what a round has done, and ends it.</summary>
    /// <param name="staysAwakeFor">If given, writers need not wake the relay for that long.</param>
    public static async Task CompleteAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        IReadOnlyCollection<long> published,
        IReadOnlyCollection<ParkedRow> parked,
        TimeSpan? staysAwakeFor = null)
    {
        using var untraced = SuppressInstrumentationScope.Begin();
        await using var batch = new NpgsqlBatch(connection, transaction);
        if (published.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Mark) { Parameters = { new() { Value = published.ToArray() } } });
        }

        if (parked.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Park)
            {
                Parameters =
                {
                    new() { Value = parked.Select(row => row.Id).ToArray() },
                    new() { Value = parked.Select(row => row.For).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval },
                    new() { Value = parked.Select(row => row.Attempts).ToArray() },
                    new() { Value = parked.Select(row => row.Because).ToArray() },
                },
            });
        }

        if (staysAwakeFor is { } awake)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Promise) { Parameters = { new() { Value = awake } } });
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(CancellationToken.None);
        }

        // What the broker has confirmed has to be written down, also while the host stops.
        await transaction.CommitAsync(CancellationToken.None);
    }

    public async Task<OutboxBacklog> ReadBacklogAsync(CancellationToken cancellationToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin();
        await using var command = source.CreateCommand(Backlog);
        command.Parameters.Add(new() { Value = CountLimit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new OutboxBacklog(reader.GetInt64(0), reader.IsDBNull(1) ? TimeSpan.Zero : reader.GetTimeSpan(1));
    }
}
