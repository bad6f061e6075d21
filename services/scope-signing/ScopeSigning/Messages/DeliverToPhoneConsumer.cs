using MassTransit;
using ScopeSigning.Delivery;

namespace ScopeSigning.Messages;

/// <summary>Sends text messages and spoken ones.</summary>
internal sealed class DeliverToPhoneConsumer(DeliveryHandler handler, HttpSender http) : IConsumer<DeliverToPhone>
{
    public const string Queue = "scope-signing-delivery-phone";

    public Task Consume(ConsumeContext<DeliverToPhone> context)
        => handler.HandleAsync(context, Queue, context.Message.DeliveryId, (delivery, cancellationToken)
            => DeliverySuccess.RequireAsync(http.SendToPhoneAsync(delivery.Id, delivery.Content, delivery.ExpiresAt, cancellationToken)));
}

internal sealed class DeliverToPhoneConsumerDefinition : ConsumerDefinition<DeliverToPhoneConsumer>
{
    public DeliverToPhoneConsumerDefinition()
    {
        EndpointName = DeliverToPhoneConsumer.Queue;
        ConcurrentMessageLimit = DeliveryHandler.AtATime;
    }
}
