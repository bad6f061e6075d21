using MassTransit;
using Npgsql;

namespace ServiceDefaults.Messaging;

/// <summary>Makes the effect of a message happen once, however often it is delivered.</summary>
public sealed class Inbox
{
    private const string Insert = "INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    private readonly NpgsqlDataSource _source;
    private readonly MessagingMetrics _metrics;

    internal Inbox(NpgsqlDataSource source, MessagingMetrics metrics)
    {
        _source = source;
        _metrics = metrics;
    }

    /// <summary>
    /// Opens a transaction, records the message id for <paramref name="consumer"/> in the table <c>inbox</c>, runs
    /// <paramref name="effect"/> and commits. A message already recorded has no effect and is counted.
    /// </summary>
    /// <remarks>
    /// Of two deliveries at the same moment the second one waits for the first one's commit. Only what <paramref name="effect"/> does in
    /// the transaction is done once: events go through <see cref="Outbox"/>, on the same connection.
    /// </remarks>
    /// <returns>Whether the effect ran.</returns>
    /// <exception cref="InvalidOperationException">The message has no id, so nobody can tell it from its repetition.</exception>
    public async Task<bool> HandleOnceAsync(
        ConsumeContext context,
        string consumer,
        Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task> effect)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentException.ThrowIfNullOrEmpty(consumer);
        ArgumentNullException.ThrowIfNull(effect);
        var messageId = context.MessageId ?? throw new InvalidOperationException($"{consumer} received a message without an id.");
        var cancellationToken = context.CancellationToken;

        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var insert = new NpgsqlCommand(Insert, connection, transaction)
        {
            Parameters = { new() { Value = consumer }, new() { Value = messageId } },
        })
        {
            if (await insert.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                _metrics.Duplicate(consumer);
                return false;
            }
        }

        await effect(connection, transaction, cancellationToken);

        // Not cancellable: whoever gives up here does not know what happened. If the answer is lost, the next delivery finds the row.
        await transaction.CommitAsync(CancellationToken.None);
        _metrics.Handled(consumer);
        return true;
    }
}
