using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using IdentityAuth.Contracts.V1;
using MassTransit;
using ServiceDefaults.Messaging;

namespace DeviceRegistry.Messages;

/// <summary>Keeps ended sessions for as long as their tokens are good, for instances that are not there now (resolution 6).</summary>
internal sealed class SessionsRevokedConsumer(Inbox inbox, TimeProvider clock) : IConsumer<SessionsRevoked>
{
    public const string Queue = "device-registry-sessions-revoked";

    public Task Consume(ConsumeContext<SessionsRevoked> context)
        => inbox.HandleOnceAsync(context, Queue, (connection, _, cancellationToken)
            => RevokedSessionStore.AddAsync(connection, context.Message.IdHashes, clock.Now + RevokedSessions.Memory, cancellationToken));
}

internal sealed class SessionsRevokedConsumerDefinition : ConsumerDefinition<SessionsRevokedConsumer>
{
    public SessionsRevokedConsumerDefinition()
    {
        EndpointName = SessionsRevokedConsumer.Queue;
        // Each holds a connection to Postgres; the rest of the pool belongs to the requests.
        ConcurrentMessageLimit = 4;
    }
}
