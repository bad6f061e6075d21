using MassTransit;

namespace ServiceDefaults.Messaging;

/// <summary>What one service says to the bus: what it publishes and what it listens to.</summary>
public sealed class MessageBusBuilder
{
    private readonly IBusRegistrationConfigurator _bus;
    private readonly IEndpointNameFormatter _names;
    private readonly string _instance = Guid.NewGuid().ToString("N")[..12];

    internal MessageBusBuilder(IBusRegistrationConfigurator bus, IEndpointNameFormatter names)
    {
        _bus = bus;
        _names = names;
    }

    internal List<EventType> Events { get; } = [];

    /// <summary>Queues of this instance alone, and what they are called at every instance.</summary>
    internal Dictionary<string, string> InstanceQueues { get; } = new(StringComparer.Ordinal);

    internal bool HasConsumers { get; private set; }

    /// <summary>Registers an event that this service publishes through its outbox.</summary>
    /// <param name="hasConsumer">
    /// Whether some service is known to consume it: then it is published <c>mandatory</c>, and stays in the outbox while no
    /// queue is bound to its exchange.
    /// </param>
    public MessageBusBuilder Publishes<TEvent>(bool hasConsumer = false)
        where TEvent : class
    {
        Events.Add(new EventType(typeof(TEvent), hasConsumer));
        return this;
    }

    /// <summary>One durable queue for all instances, named by the definition, such as <c>pairing-device-revoked</c>.</summary>
    /// <remarks>
    /// A definition that names no endpoint gets <c>{service}-{consumer}</c> in kebab case, without "Consumer". Instances and threads
    /// share the queue, so messages of one aggregate may be handled at the same time; the definition can limit that.
    /// </remarks>
    public MessageBusBuilder Consumes<TConsumer, TDefinition>()
        where TConsumer : class, IConsumer
        where TDefinition : class, IConsumerDefinition<TConsumer>
    {
        _bus.AddConsumer<TConsumer, TDefinition>();
        HasConsumers = true;
        return this;
    }

    /// <summary>A queue of this instance alone, gone with it: every instance sees every message.</summary>
    /// <remarks>What is published while the instance has no connection does not reach it: read the state again where that matters.</remarks>
    public MessageBusBuilder ObservedByEveryInstance<TConsumer>()
        where TConsumer : class, IConsumer
    {
        var name = _names.Consumer<TConsumer>();
        var queue = $"{name}-{_instance}";
        _bus.AddConsumer<TConsumer>().Endpoint(endpoint =>
        {
            endpoint.Name = queue;
            endpoint.Temporary = true;
        });
        InstanceQueues[queue] = name;
        HasConsumers = true;
        return this;
    }
}
