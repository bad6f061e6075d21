using DeviceRegistry.Contracts.V1;
using MassTransit;
using Pairing.Data;
using Pairing.Domain;
using ServiceDefaults.Messaging;

namespace Pairing.Messages;

/// <summary>
/// A group has shut a device out. A phone that was paired with its key is unlinked, so that its user can be paired again (platform design
/// §6). Tenant, user and key all have to match: two users may hold the same key.
/// </summary>
/// <remarks>
/// device-registry answers our own <c>DeviceUnpaired</c> with this event, at the time of ours: the phone is gone then, or was linked anew
/// later, and nothing happens.
/// </remarks>
internal sealed class DeviceRevokedConsumer(Inbox inbox, DeviceDirectory devices) : IConsumer<DeviceRevoked>
{
    public const string Queue = "pairing-device-revoked";

    public Task Consume(ConsumeContext<DeviceRevoked> context)
    {
        var revoked = context.Message;

        // The group of a tenant's phones is named after the tenant, and their users are the tenant's. Others' devices were never paired.
        if (!Uuid.TryParse(revoked.GroupName, out var tenant)
            || !Uuid.TryParse(revoked.UserId, out var user)
            || KeyThumbprint.Parse(revoked.PublicKeyThumbprint) is not { } thumbprint)
        {
            return Task.CompletedTask;
        }

        return inbox.HandleOnceAsync(context, Queue, (connection, transaction, cancellationToken)
            => devices.RemoveByKeyAsync(connection, transaction, tenant, user, thumbprint, revoked.OccurredAt, cancellationToken));
    }
}

internal sealed class DeviceRevokedConsumerDefinition : ConsumerDefinition<DeviceRevokedConsumer>
{
    public DeviceRevokedConsumerDefinition()
    {
        EndpointName = DeviceRevokedConsumer.Queue;
        // Each holds a connection to Postgres; the rest of the pool belongs to the requests.
        ConcurrentMessageLimit = 4;
    }
}
