using DeviceRegistry.Domain;
using DeviceRegistry.Streams;
using IdentityAuth.Contracts.V1;
using MassTransit;

namespace DeviceRegistry.Messages;

/// <summary>Every instance hears at once which sessions have ended: it has their streams, and refuses their tokens.</summary>
internal sealed class SessionsRevokedObserver(StreamGuard guard, TimeProvider clock) : IConsumer<SessionsRevoked>
{
    public Task Consume(ConsumeContext<SessionsRevoked> context)
    {
        guard.Revoke(context.Message.IdHashes, clock.GetUtcNow() + RevokedSessions.Memory);
        return Task.CompletedTask;
    }
}
