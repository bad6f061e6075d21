using MassTransit;
using Microsoft.Extensions.Hosting;

namespace ServiceDefaults.Messaging;

/// <summary>What one service says to the bus: what it publishes and what it listens to.</summary>
public sealed class MessageBusBuilder
{
    /// <summary>Registers an event that this service publishes through its outbox.</summary>
    /// <param name="hasConsumer">
    /// Whether some service is known to consume it: then it is published <c>mandatory</c>, and stays in the outbox while no
    /// queue is bound to its exchange.
    /// </param>
    public MessageBusBuilder Publishes<TEvent>(bool hasConsumer = false)
        where TEvent : class
        => throw new NotSupportedException();

    /// <summary>One durable queue for all instances, named by the definition, such as <c>pairing-device-revoked</c>.</summary>
    public MessageBusBuilder Consumes<TConsumer, TDefinition>()
        where TConsumer : class, IConsumer
        where TDefinition : class, IConsumerDefinition<TConsumer>
        => throw new NotSupportedException();

    /// <summary>A queue of this instance alone, gone with it: every instance sees every message.</summary>
    public MessageBusBuilder ObservedByEveryInstance<TConsumer>()
        where TConsumer : class, IConsumer
        => throw new NotSupportedException();
}

public static class MessageBusExtensions
{
    /// <summary>
    /// Adds the bus on the connection <c>rabbitmq</c>, the outbox with its relay, the inbox, retry with back-off and the health
    /// check. The service reports ready only when its queues are declared.
    /// </summary>
    /// <param name="serviceName">The service's one name, such as <c>pairing</c>: prefix of its queues.</param>
    public static void AddMessageBus(this IHostApplicationBuilder builder, string serviceName, Action<MessageBusBuilder> configure)
        => throw new NotSupportedException();
}
