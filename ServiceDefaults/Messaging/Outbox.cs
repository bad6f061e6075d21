using Npgsql;

namespace ServiceDefaults.Messaging;

/// <summary>
/// Events leave a service through the table <c>outbox</c>: the row is written in the transaction that changes the state, and a
/// relay publishes it afterwards with publisher confirms, in order per aggregate.
/// </summary>
public sealed class Outbox
{
    /// <summary>
    /// Appends the insert of one event to <paramref name="batch"/>, so that it costs no round trip of its own.
    /// Takes the correlation id and the trace context of the moment with it, and wakes the relay at commit.
    /// </summary>
    /// <param name="batch">The batch that also changes the state, in one transaction.</param>
    /// <param name="aggregate">What the event is about, such as a pairing id: events of one aggregate are published in order.</param>
    /// <param name="message">The event; its type has to be registered with <see cref="MessageBusBuilder.Publishes{TEvent}"/>.</param>
    public void Add<TEvent>(NpgsqlBatch batch, string aggregate, TEvent message)
        where TEvent : class
        => throw new NotSupportedException();

    /// <summary>The same as one command of its own.</summary>
    public Task AddAsync<TEvent>(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string aggregate, TEvent message, CancellationToken cancellationToken)
        where TEvent : class
        => throw new NotSupportedException();
}
