using MassTransit;
using ScopeSigning.Delivery;

namespace ScopeSigning.Messages;

/// <summary>Sends letters.</summary>
internal sealed class DeliverLetterConsumer(DeliveryHandler handler, HttpSender http) : IConsumer<DeliverLetter>
{
    public const string Queue = "scope-signing-delivery-letter";

    public Task Consume(ConsumeContext<DeliverLetter> context)
        => handler.HandleAsync(context, Queue, context.Message.DeliveryId, (delivery, cancellationToken)
            => DeliverySuccess.RequireAsync(http.SendLetterAsync(delivery.Id, delivery.Content, delivery.ExpiresAt, cancellationToken)));
}

internal sealed class DeliverLetterConsumerDefinition : ConsumerDefinition<DeliverLetterConsumer>
{
    public DeliverLetterConsumerDefinition()
    {
        EndpointName = DeliverLetterConsumer.Queue;
        ConcurrentMessageLimit = DeliveryHandler.AtATime;
    }
}
