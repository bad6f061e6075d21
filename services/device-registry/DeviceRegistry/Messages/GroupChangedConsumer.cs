using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Data;
using MassTransit;
using ServiceDefaults.Data;

namespace DeviceRegistry.Messages;

/// <summary>
/// Brings what a change tells into the group's buffer, from which the streams of all instances read. One change after the other, by one
/// instance at a time, because they come in order. The buffer itself knows which it has. While Redis is away a change waits, however long, and those
/// behind it: going on without it would leave a hole that nobody is told of until the group's next change.
/// </summary>
internal sealed partial class GroupChangedConsumer(
    EventBuffer buffer, PresenceStore presence, ILogger<GroupChangedConsumer> logger) : IConsumer<GroupChanged>
{
    public const string Queue = "device-registry-group-changed";

    public async Task Consume(ConsumeContext<GroupChanged> context)
    {
        var change = context.Message;
        try
        {
            await TellAsync(change);
        }
        catch (Exception exception) when (RedisFailure.Is(exception))
        {
            // An outage, whatever it looks like: the bus tries again until it is over.
            LogLater(change.Number, change.GroupId, exception.Message);
            throw new TimeoutException("Redis is away.", exception);
        }
    }

    private async Task TellAsync(GroupChanged change)
    {
        foreach (var closure in change.Closures)
        {
            if (closure.DeviceId is { } device && !await presence.ForgetAsync(change.GroupId, device))
            {
                throw new TimeoutException("A device could not be forgotten.");
            }
        }

        if (change.IsRenamed is true && !await presence.ForgetClaimsAsync(change.GroupId))
        {
            throw new TimeoutException("The members by the group's old name could not be forgotten.");
        }

        await buffer.AppendAsync(change);
    }

    [LoggerMessage(1, LogLevel.Warning, "Change {Number} of group {Group} is told to its streams later: {Reason}")]
    private partial void LogLater(long number, long group, string reason);
}

internal sealed class GroupChangedConsumerDefinition : ConsumerDefinition<GroupChangedConsumer>
{
    public GroupChangedConsumerDefinition()
    {
        EndpointName = GroupChangedConsumer.Queue;
        ConcurrentMessageLimit = 1;
    }

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<GroupChangedConsumer> consumerConfigurator, IRegistrationContext context)
    {
        if (endpointConfigurator is IRabbitMqReceiveEndpointConfigurator queue)
        {
            // The broker hands the queue to one instance, and to another one when that is gone.
            queue.SingleActiveConsumer = true;
        }
    }
}
