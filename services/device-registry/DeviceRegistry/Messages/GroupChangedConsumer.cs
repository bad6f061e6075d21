using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Data;
using MassTransit;

namespace DeviceRegistry.Messages;

/// <summary>
/// Brings what a change tells into the group's buffer, from which the streams of all instances read. One change after the other, by one
/// instance at a time, because they come in order. The buffer itself knows which it has.
/// </summary>
internal sealed partial class GroupChangedConsumer(
    EventBuffer buffer, PresenceStore presence, TimeProvider clock, ILogger<GroupChangedConsumer> logger) : IConsumer<GroupChanged>
{
    public const string Queue = "device-registry-group-changed";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task Consume(ConsumeContext<GroupChanged> context)
    {
        var change = context.Message;
        while (!await TryTellAsync(change))
        {
            // Going on without it would leave a hole. What is older than the buffer keeps is in nobody's way: the next change shows that
            // it is missing.
            if (clock.GetUtcNow() - change.OccurredAt > EventBuffer.KeptFor)
            {
                LogGivenUp(change.Number, change.GroupId);
                return;
            }

            await Task.Delay(Pause, context.CancellationToken);
        }
    }

    private async Task<bool> TryTellAsync(GroupChanged change)
    {
        try
        {
            foreach (var closure in change.Closures)
            {
                if (closure.DeviceId is { } device && !await presence.ForgetAsync(change.GroupId, device))
                {
                    return false;
                }
            }

            await buffer.AppendAsync(change);
            return true;
        }
        catch (Exception exception) when (RedisFailure.Is(exception))
        {
            LogLater(change.Number, change.GroupId, exception.Message);
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Change {Number} of group {Group} is told to its streams later: {Reason}")]
    private partial void LogLater(long number, long group, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Change {Number} of group {Group} is too old to be told; its streams are told to read the state again")]
    private partial void LogGivenUp(long number, long group);
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
