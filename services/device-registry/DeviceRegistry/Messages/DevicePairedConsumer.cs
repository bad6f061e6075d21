using DeviceRegistry.Data;
using DeviceRegistry.Streams;
using MassTransit;
using Pairing.Contracts.V1;
using ServiceDefaults.Messaging;

namespace DeviceRegistry.Messages;

/// <summary>
/// A phone was paired: it becomes a pending device of its user in the tenant's group, and can then ask for the group's key (platform design
/// §6). A key that somebody else in the group holds, or that was revoked, is a fact to be counted, not a fault (resolution 45).
/// </summary>
internal sealed partial class DevicePairedConsumer(Inbox inbox, PairedPhones phones, StreamMetrics metrics, ILogger<DevicePairedConsumer> logger)
    : IConsumer<DevicePaired>
{
    public const string Queue = "device-registry-device-paired";

    public async Task Consume(ConsumeContext<DevicePaired> context)
    {
        string? refusal = null;
        await inbox.HandleOnceAsync(context, Queue, async (connection, _, cancellationToken)
            => refusal = await phones.AddAsync(connection, context.Message, cancellationToken));
        if (refusal is not null)
        {
            metrics.PairingRefused(refusal);
            LogRefused(context.Message.Jti, refusal);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The phone of pairing {Jti} does not become a device: {Reason}")]
    private partial void LogRefused(Guid jti, string reason);
}

internal sealed class DevicePairedConsumerDefinition : ConsumerDefinition<DevicePairedConsumer>
{
    public DevicePairedConsumerDefinition()
    {
        EndpointName = DevicePairedConsumer.Queue;
        // Each holds a connection to Postgres; the rest of the pool belongs to the requests.
        ConcurrentMessageLimit = 4;
    }
}
