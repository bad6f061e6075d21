using MassTransit;
using Npgsql;
using ScopeSigning.Data;
using ScopeSigning.Delivery;
using ServiceDefaults.Messaging;

namespace ScopeSigning.Messages;

/// <summary>
/// Hands one message over and forgets it, in one transaction: a message redelivered after the commit finds nothing to send. A
/// crash between the provider's answer and the commit sends it again under the same id, which no sender can avoid
/// (at-least-once), and which the id lets the provider see.
/// </summary>
internal sealed class DeliveryHandler(Inbox inbox, DeliveryStore deliveries, DeliveryMetrics metrics, TimeProvider clock)
{
    public Task HandleAsync(ConsumeContext context, string way, Guid id, Func<PendingDelivery, CancellationToken, Task> sendAsync)
        => HandleAsync(context, way, id, (delivery, _, _, cancellationToken) => sendAsync(delivery, cancellationToken));

    public Task HandleAsync(
        ConsumeContext context,
        string way,
        Guid id,
        Func<PendingDelivery, NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task> sendAsync)
        => inbox.HandleOnceAsync(context, way, async (connection, transaction, cancellationToken) =>
        {
            var delivery = await deliveries.FindAsync(connection, transaction, id, cancellationToken);
            if (delivery is null)
            {
                metrics.Delivered(way, "unwanted");
                return;
            }

            if (delivery.ExpiresAt <= clock.GetUtcNow())
            {
                // Never late: the code in it is worthless, and a push would wake somebody for nothing.
                metrics.Delivered(way, "expired");
            }
            else
            {
                try
                {
                    await sendAsync(delivery, connection, transaction, cancellationToken);
                }
                catch (DeliveryException)
                {
                    metrics.Delivered(way, "failed");
                    throw;
                }

                metrics.Delivered(way, "sent");
            }

            await DeliveryStore.RemoveAsync(connection, transaction, id, cancellationToken);
        });
}
