using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using MassTransit;
using Pairing.Contracts.V1;
using ServiceDefaults.Messaging;

namespace DeviceRegistry.Messages;

/// <summary>
/// A phone is not paired any more: its device is revoked (platform design §6). When that is how pairing answers our own <c>DeviceRevoked</c>,
/// the device is revoked already and nothing happens.
/// </summary>
internal sealed class DeviceUnpairedConsumer(Inbox inbox, PairedPhones phones, PresenceStore presence) : IConsumer<DeviceUnpaired>
{
    public const string Queue = "device-registry-device-unpaired";

    public async Task Consume(ConsumeContext<DeviceUnpaired> context)
    {
        Device? revoked = null;
        await inbox.HandleOnceAsync(context, Queue, async (connection, _, cancellationToken)
            => revoked = await phones.RevokeAsync(connection, context.Message, cancellationToken));
        if (revoked is not null)
        {
            await presence.ForgetAsync(revoked.GroupId, revoked.Id);
        }
    }
}

internal sealed class DeviceUnpairedConsumerDefinition : ConsumerDefinition<DeviceUnpairedConsumer>
{
    public DeviceUnpairedConsumerDefinition()
    {
        EndpointName = DeviceUnpairedConsumer.Queue;
        // Each holds a connection to Postgres; the rest of the pool belongs to the requests.
        ConcurrentMessageLimit = 4;
    }
}
