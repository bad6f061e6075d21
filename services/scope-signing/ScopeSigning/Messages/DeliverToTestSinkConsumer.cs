using MassTransit;
using ScopeSigning.Delivery;

namespace ScopeSigning.Messages;

/// <summary>Hands every message of a test job to the test sink; nothing real is sent for it.</summary>
internal sealed class DeliverToTestSinkConsumer(DeliveryHandler handler, HttpSender http) : IConsumer<DeliverToTestSink>
{
    public const string Queue = "scope-signing-delivery-test";

    public Task Consume(ConsumeContext<DeliverToTestSink> context)
        => handler.HandleAsync(context, Queue, context.Message.DeliveryId, (delivery, cancellationToken)
            => DeliverySuccess.RequireAsync(http.SendToTestSinkAsync(delivery.Id, delivery.Content, delivery.ExpiresAt, cancellationToken)));
}

internal sealed class DeliverToTestSinkConsumerDefinition : ConsumerDefinition<DeliverToTestSinkConsumer>
{
    public DeliverToTestSinkConsumerDefinition()
    {
        EndpointName = DeliverToTestSinkConsumer.Queue;
        ConcurrentMessageLimit = DeliveryHandler.AtATime;
    }
}
