using IdentityAuth.Contracts.V1;
using MassTransit;

namespace Gateway.Sessions;

/// <summary>Sessions have ended: their exchanges are dropped, in every instance of the gateway.</summary>
internal sealed class SessionsRevokedObserver(SessionExchange exchange) : IConsumer<SessionsRevoked>
{
    public Task Consume(ConsumeContext<SessionsRevoked> context)
    {
        foreach (var sessionId in context.Message.IdHashes)
        {
            exchange.Drop(sessionId);
        }

        return Task.CompletedTask;
    }
}
