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
internal sealed class DeliveryStore(Outbox outbox, SealedData sealedData)
{
    /// <summary>Adds the message and the order to deliver it.</summary>
    public void Add(NpgsqlBatch batch, NewDelivery delivery)
    {
        var id = Guid.NewGuid();
        var content = sealedData.Seal(JsonSerializer.SerializeToUtf8Bytes(delivery.Content), SealedKind.Delivery, id.ToString());
        batch.Add(
            "INSERT INTO deliveries (id, sub, job, revocation, content, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
            id, delivery.Subject.Text, Sql.Id(delivery.Job), Sql.Bytes(delivery.Revocation), content, delivery.ExpiresAt);

        var aggregate = $"delivery-{id:N}";
        if (delivery.Test)
        {
            outbox.Add(batch, aggregate, new DeliverToTestSink { DeliveryId = id });
            return;
        }

        switch (delivery.Content.Channel)
        {
            case Channel.Email:
                outbox.Add(batch, aggregate, new DeliverEmail { DeliveryId = id });
                break;
            case Channel.Sms or Channel.Tts:
                outbox.Add(batch, aggregate, new DeliverToPhone { DeliveryId = id });
                break;
            case Channel.Letter:
                outbox.Add(batch, aggregate, new DeliverLetter { DeliveryId = id });
                break;
            default:
                outbox.Add(batch, aggregate, new DeliverPush { DeliveryId = id });
                break;
        }
    }

    /// <summary>The message, or <see langword="null"/> when it was handed over already or is no longer wanted.</summary>
    public async Task<PendingDelivery?> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, CancellationToken cancellationToken)
    {
        // No row lock: while a provider takes its time, deleting the job must not wait for it.
        await using var command = new NpgsqlCommand("SELECT sub, content, expires_at FROM deliveries WHERE id = $1", connection, transaction);
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
            reader.GetFieldValue<DateTimeOffset>(2));
    }

    public static async Task RemoveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM deliveries WHERE id = $1", connection, transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>A message to be sent.</summary>
/// <param name="Job">The job that it belongs to, which takes it along.</param>
/// <param name="Revocation">The open revocation that it belongs to.</param>
/// <param name="Test">Whether everything goes to the test sink instead.</param>
internal sealed record NewDelivery(
    SubjectKey Subject, DeliveryContent Content, DateTimeOffset ExpiresAt, Guid? Job = null, byte[]? Revocation = null, bool Test = false);

/// <summary>A message not handed over yet.</summary>
internal sealed record PendingDelivery(Guid Id, string Sub, DeliveryContent Content, DateTimeOffset ExpiresAt);
