using MassTransit;
using Microsoft.Extensions.Options;
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
    private readonly IOptions<ScopeSigningOptions> options;

    public DeliverLetterConsumerDefinition(IOptions<ScopeSigningOptions> options)
    {
        this.options = options;
        EndpointName = DeliverLetterConsumer.Queue;
    }

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<DeliverLetterConsumer> consumerConfigurator, IRegistrationContext context)
        => endpointConfigurator.UseDeliveryRetry(options);
}
