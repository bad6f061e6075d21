using System.Text;
using MassTransit;
using ScopeSigning.Data;
using ScopeSigning.Delivery;
using ScopeSigning.Signing;

namespace ScopeSigning.Messages;

/// <summary>Wakes phones. A device token that the provider calls dead is cleared, and the next sign-in is told <c>no-device</c>.</summary>
internal sealed class DeliverPushConsumer(DeliveryHandler handler, HttpSender http, SealedData sealedData) : IConsumer<DeliverPush>
{
    public const string Queue = "scope-signing-delivery-push";

    public Task Consume(ConsumeContext<DeliverPush> context)
        => handler.HandleAsync(context, Queue, context.Message.DeliveryId, async (delivery, connection, transaction, cancellationToken) =>
        {
            if (await http.SendPushAsync(delivery.Id, delivery.Content, delivery.ExpiresAt, cancellationToken) == HandOver.RecipientGone)
            {
                await KeyStore.ClearDeviceTokenAsync(
                    connection,
                    transaction,
                    delivery.Sub,
                    stored => Encoding.UTF8.GetString(sealedData.Open(stored, SealedKind.DeviceToken, delivery.Sub)) == delivery.Content.DeviceToken,
                    cancellationToken);
            }
        });
}

internal sealed class DeliverPushConsumerDefinition : ConsumerDefinition<DeliverPushConsumer>
{
    public DeliverPushConsumerDefinition()
    {
        EndpointName = DeliverPushConsumer.Queue;
        ConcurrentMessageLimit = DeliveryHandler.AtATime;
    }
}
