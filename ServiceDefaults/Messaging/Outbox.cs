using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using ServiceDefaults.Http;

namespace ServiceDefaults.Messaging;

/// <summary>
/// Events leave a service through the table <c>outbox</c>: the row is written in the transaction that changes the state, and a
/// relay publishes it afterwards with publisher confirms, in order per aggregate.
/// </summary>
/// <remarks>
/// The order is that of the inserts. It is the order of the changes if the transaction holds the aggregate's row when it inserts:
/// put the event behind the <c>UPDATE … RETURNING</c> or <c>SELECT … FOR UPDATE</c> that decides.
/// </remarks>
public sealed class Outbox
{
    /// <summary>Largest event, in bytes of JSON. An event names what happened; content that large belongs elsewhere.</summary>
    public const int MaxBodyLength = 256 * 1024;

    /// <summary>Channel of <c>NOTIFY</c> that wakes the relays of this database.</summary>
    internal const string Channel = "outbox";

    // The notification rides in the statement, so it leaves with the commit and not at all after a rollback. As a source of the
    // INSERT it leaves no result set of its own behind, which the caller's reader would have to skip. It is left out while a relay is
    // awake anyway: commits that notify take turns, each with its flush to disk, on the whole server (a lock that Postgres holds from
    // before the commit until after it), which was measured to cut the rate of parallel commits to a tenth.
    private const string Insert = $"""
        INSERT INTO outbox (message_id, aggregate, type, body, correlation_id, traceparent)
        SELECT $1, $2, $3, $4, $5, $6 FROM
            (SELECT CASE WHEN (SELECT awake_until FROM outbox_watch) > clock_timestamp() THEN NULL ELSE pg_notify('{Channel}', '') END) AS wake
        """;

    private readonly EventTypes _types;

    internal Outbox(EventTypes types) => _types = types;

    /// <summary>
    /// Appends the insert of one event to <paramref name="batch"/>, so that it costs no round trip of its own.
    /// Takes the correlation id and the trace context of the moment with it, and wakes the relay at commit.
    /// </summary>
    /// <param name="batch">The batch that also changes the state, in one transaction.</param>
    /// <param name="aggregate">What the event is about, such as a pairing id: events of one aggregate are published in order.</param>
    /// <param name="message">The event; its type has to be registered with <see cref="MessageBusBuilder.Publishes{TEvent}"/>.</param>
    /// <exception cref="InvalidOperationException">The type is not registered, or the event is larger than <see cref="MaxBodyLength"/>.</exception>
    public void Add<TEvent>(NpgsqlBatch batch, string aggregate, TEvent message)
        where TEvent : class
    {
        ArgumentNullException.ThrowIfNull(batch);
        var command = new NpgsqlBatchCommand(Insert);
        Fill(command.Parameters, aggregate, message);
        batch.BatchCommands.Add(command);
    }

    /// <summary>The same as one command of its own.</summary>
    public async Task AddAsync<TEvent>(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string aggregate, TEvent message, CancellationToken cancellationToken)
        where TEvent : class
    {
        ArgumentNullException.ThrowIfNull(connection);
        await using var command = new NpgsqlCommand(Insert, connection, transaction);
        Fill(command.Parameters, aggregate, message);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private void Fill<TEvent>(NpgsqlParameterCollection parameters, string aggregate, TEvent message)
        where TEvent : class
    {
        ArgumentException.ThrowIfNullOrEmpty(aggregate);
        ArgumentNullException.ThrowIfNull(message);

        // The type that is written is the event's own, even where the variable's is a base type.
        var type = _types.Find(EventType.NameOf(message.GetType()))
            ?? throw new InvalidOperationException($"{message.GetType()} is not registered: call Publishes<{message.GetType().Name}>() in AddMessageBus.");
        var body = JsonSerializer.SerializeToUtf8Bytes(message, type.Type, MessageJson.Options);
        if (body.Length > MaxBodyLength)
        {
            throw new InvalidOperationException($"{type.Name} has {body.Length} bytes; at most {MaxBodyLength} can be published.");
        }

        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = aggregate });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = type.Name });
        parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = body, NpgsqlDbType = NpgsqlDbType.Json });
        parameters.Add(new NpgsqlParameter { Value = (object?)CorrelationId.Current ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        parameters.Add(new NpgsqlParameter { Value = (object?)TraceParent() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }

    private static string? TraceParent() => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;
}
