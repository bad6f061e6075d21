using DeviceRegistry.Contracts.V1;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using MassTransit;
using ServiceDefaults.Messaging;

namespace IdentityAuth.Messages;

/// <summary>A device has lost its membership for good: the session on which it was registered ends.</summary>
internal sealed class DeviceRevokedConsumer(Inbox inbox, Revocations revocations, ChangeBroadcast changes) : IConsumer<DeviceRevoked>
{
    public const string Queue = "identity-auth-device-revoked";

    public async Task Consume(ConsumeContext<DeviceRevoked> context)
    {
        // Accounts of other issuers, and devices that came without a session, are none of ours.
        var message = context.Message;
        if (message.SessionId is not { } sessionId || !SessionToken.TryReadIdHash(sessionId, out var hash) || !Snowflake.TryParse(message.UserId, out var userId))
        {
            return;
        }

        IReadOnlyList<byte[]> ended = [];
        await inbox.HandleOnceAsync(context, Queue, async (connection, transaction, cancellationToken) =>
            ended = await revocations.EndAsync(connection, transaction, userId, hash, RevocationReason.DeviceRevoked, cancellationToken));
        await changes.SessionsEndedAsync(ended);
    }
}

internal sealed class DeviceRevokedConsumerDefinition : ConsumerDefinition<DeviceRevokedConsumer>
{
    public DeviceRevokedConsumerDefinition() => EndpointName = DeviceRevokedConsumer.Queue;
}
