using MassTransit;
using Microsoft.Extensions.Options;
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
    private readonly IOptions<ScopeSigningOptions> options;

    public DeliverToPhoneConsumerDefinition(IOptions<ScopeSigningOptions> options)
    {
        this.options = options;
        EndpointName = DeliverToPhoneConsumer.Queue;
    }

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<DeliverToPhoneConsumer> consumerConfigurator, IRegistrationContext context)
        => endpointConfigurator.UseDeliveryRetry(options);
}
