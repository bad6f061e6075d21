using MassTransit;
using ScopeSigning.Delivery;

namespace ScopeSigning.Messages;

/// <summary>Sends mails: codes and links to confirm an address, codes to revoke a key.</summary>
internal sealed class DeliverEmailConsumer(DeliveryHandler handler, SmtpSender mail) : IConsumer<DeliverEmail>
{
    public const string Queue = "scope-signing-delivery-email";

    public Task Consume(ConsumeContext<DeliverEmail> context)
        => handler.HandleAsync(context, Queue, context.Message.DeliveryId, (delivery, cancellationToken)
            => mail.SendAsync(delivery.Id, delivery.Content, cancellationToken));
}

internal sealed class DeliverEmailConsumerDefinition : ConsumerDefinition<DeliverEmailConsumer>
{
    public DeliverEmailConsumerDefinition()
    {
        EndpointName = DeliverEmailConsumer.Queue;
        ConcurrentMessageLimit = DeliveryHandler.AtATime;
    }
}
