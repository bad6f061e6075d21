using System.Runtime.CompilerServices;
using MassTransit;
using MassTransit.RabbitMqTransport;
using MassTransit.RabbitMqTransport.Configuration;
using RabbitMQ.Client.Exceptions;

namespace ServiceDefaults.Messaging;

/// <summary>
/// How the bus comes back to a broker that was away: a second after each failure it tries again, for as long as it takes.
/// </summary>
/// <remarks>
/// MassTransit's own policy waits 3 to 30 s between two attempts, longer after each outage of the process's life, gives up after a
/// thousand, and at once when a broker that is still starting refuses the user. It cannot be configured, hence the access to two
/// private fields. Stopping and starting the bus instead loses events: whatever publishes meanwhile keeps a transport that stays dead.
/// </remarks>
internal static class Reconnection
{
    /// <summary>Call it after the host is configured and before the endpoints are.</summary>
    public static void RetrySoonAndForEver(IRabbitMqBusFactoryConfigurator bus)
    {
        // The pause of a second is MassTransit's own, between any two attempts; the policy adds nothing to it.
        var policy = Retry.CreatePolicy(retry =>
        {
            retry.Handle<ConnectionException>();
            retry.Handle<AlreadyClosedException>();
            retry.Handle<EndOfStreamException>();
            retry.Handle<OperationInterruptedException>(interrupted => interrupted.ChannelShouldBeClosed());
            retry.Handle<NotSupportedException>(refused => refused.Message.Contains("Pipelining of requests forbidden", StringComparison.Ordinal));
            retry.Immediate(int.MaxValue);
        });
        Policy((RabbitMqHostConfiguration)Host(bus)) = policy;
    }

    /// <summary>What holds the bus's connection.</summary>
    public static IRabbitMqHostConfiguration Host(IRabbitMqBusFactoryConfigurator bus) => HostConfiguration((RabbitMqBusFactoryConfigurator)bus);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_hostConfiguration")]
    private static extern ref IRabbitMqHostConfiguration HostConfiguration(RabbitMqBusFactoryConfigurator bus);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<ReceiveTransportRetryPolicy>k__BackingField")]
    private static extern ref IRetryPolicy Policy(RabbitMqHostConfiguration host);
}
