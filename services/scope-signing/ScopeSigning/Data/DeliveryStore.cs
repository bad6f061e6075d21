using System.Text.Json;
using Npgsql;
using ScopeSigning.Delivery;
using ScopeSigning.Domain;
using ScopeSigning.Messages;
using ScopeSigning.Signing;
using ServiceDefaults.Messaging;

namespace ScopeSigning.Data;

/// <summary>
/// Messages on their way. What they say stays here, sealed; the bus carries the id alone. So a job or key that goes takes its
/// messages along, and a message that was handed over is not there to be sent again.
/// </summary>
internal sealed class DeliveryStore(NpgsqlDataSource database, Outbox outbox, SealedData sealedData)
{
    /// <summary>Adds the message and the order to deliver it.</summary>
    public void Add(NpgsqlBatch batch, NewDelivery delivery)
    {
        var id = Guid.NewGuid();
        var content = sealedData.Seal(JsonSerializer.SerializeToUtf8Bytes(delivery.Content), SealedKind.Delivery, id.ToString());
        batch.Add(
            "INSERT INTO deliveries (id, sub, job, revocation, content, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
            id, delivery.Subject.Text, Sql.Id(delivery.Job), Sql.Bytes(delivery.Revocation), content, delivery.ExpiresAt);

        Order(batch, id, delivery switch
        {
            { Test: true } => DeliverToTestSinkConsumer.Queue,
            { Content.Channel: Channel.Email } => DeliverEmailConsumer.Queue,
            { Content.Channel: Channel.Sms or Channel.Tts } => DeliverToPhoneConsumer.Queue,
            { Content.Channel: Channel.Letter } => DeliverLetterConsumer.Queue,
            _ => DeliverPushConsumer.Queue,
        });
    }

    /// <summary>The message, or <see langword="null"/> when it was handed over already or is no longer wanted.</summary>
    public async Task<PendingDelivery?> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, CancellationToken cancellationToken)
    {
        // No row lock: while a provider takes its time, deleting the job must not wait for it.
        await using var command = new NpgsqlCommand("SELECT sub, content, expires_at, tries FROM deliveries WHERE id = $1", connection, transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var content = sealedData.Open(reader.GetFieldValue<byte[]>(1), SealedKind.Delivery, id.ToString());
        return new PendingDelivery(
            id,
            reader.GetString(0),
            JsonSerializer.Deserialize<DeliveryContent>(content) ?? throw new JsonException("An empty delivery was stored."),
            reader.GetFieldValue<DateTimeOffset>(2),
            reader.GetInt32(3));
    }

    /// <summary>Notes a failed try; the message is ordered again by <see cref="OrderDueAsync"/>. One that was deleted meanwhile stays so.</summary>
    public static async Task PostponeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, string queue, DateTimeOffset nextTryAt, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE deliveries SET tries = tries + 1, next_try_at = $2, queue = $3 WHERE id = $1", connection, transaction)
        {
            Parameters = { new() { Value = id }, new() { Value = nextTryAt }, new() { Value = queue } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Orders what is to be tried again by now, at most <paramref name="limit"/> messages: the mark goes and the order comes in one
    /// commit, so each is ordered once however many instances look.
    /// </summary>
    /// <returns>How many.</returns>
    public async Task<int> OrderDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        var due = 0;
        await using (var take = new NpgsqlCommand(
            """
            UPDATE deliveries SET next_try_at = NULL
            WHERE id IN (SELECT id FROM deliveries WHERE next_try_at <= $1 ORDER BY next_try_at LIMIT $2 FOR UPDATE SKIP LOCKED)
            RETURNING id, queue
            """, connection, transaction) { Parameters = { new() { Value = now }, new() { Value = limit } } })
        await using (var reader = await take.ExecuteReaderAsync(cancellationToken))
        {
            for (; await reader.ReadAsync(cancellationToken); due++)
            {
                Order(batch, reader.GetGuid(0), reader.GetString(1));
            }
        }

        if (due > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return due;
    }

    /// <summary>When the next message is to be tried again, or <see langword="null"/>.</summary>
    public async Task<DateTimeOffset?> NextTryAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT min(next_try_at) FROM deliveries WHERE next_try_at IS NOT NULL");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetFieldValue<DateTimeOffset>(0);
    }

    public static async Task RemoveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM deliveries WHERE id = $1", connection, transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>One type of order, and so one queue, per way.</summary>
    private void Order(NpgsqlBatch batch, Guid id, string queue)
    {
        var aggregate = $"delivery-{id:N}";
        switch (queue)
        {
            case DeliverEmailConsumer.Queue:
                outbox.Add(batch, aggregate, new DeliverEmail { DeliveryId = id });
                break;
            case DeliverToPhoneConsumer.Queue:
                outbox.Add(batch, aggregate, new DeliverToPhone { DeliveryId = id });
                break;
            case DeliverLetterConsumer.Queue:
                outbox.Add(batch, aggregate, new DeliverLetter { DeliveryId = id });
                break;
            case DeliverPushConsumer.Queue:
                outbox.Add(batch, aggregate, new DeliverPush { DeliveryId = id });
                break;
            case DeliverToTestSinkConsumer.Queue:
                outbox.Add(batch, aggregate, new DeliverToTestSink { DeliveryId = id });
                break;
            default:
                throw new InvalidOperationException($"No queue for deliveries is called {queue}.");
        }
    }
}

/// <summary>A message to be sent.</summary>
/// <param name="Job">The job that it belongs to, which takes it along.</param>
/// <param name="Revocation">The open revocation that it belongs to.</param>
/// <param name="Test">Whether everything goes to the test sink instead.</param>
internal sealed record NewDelivery(
    SubjectKey Subject, DeliveryContent Content, DateTimeOffset ExpiresAt, Guid? Job = null, byte[]? Revocation = null, bool Test = false);

/// <summary>A message not handed over yet.</summary>
/// <param name="Tries">How many tries have failed.</param>
internal sealed record PendingDelivery(Guid Id, string Sub, DeliveryContent Content, DateTimeOffset ExpiresAt, int Tries);
