using IdentityAuth.Contracts.V1;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using MassTransit;

namespace IdentityAuth.Messages;

/// <summary>Every instance forgets what it knows about sessions and accounts that have changed, wherever that happened.</summary>
internal sealed class AccountObserver(SessionDirectory directory) : IConsumer<SessionsRevoked>, IConsumer<UserUpdated>, IConsumer<UserDeleted>
{
    public Task Consume(ConsumeContext<SessionsRevoked> context)
    {
        directory.ForgetSessions(context.Message.IdHashes.Select(text => SessionToken.TryReadIdHash(text, out var hash) ? hash : null).OfType<byte[]>());
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<UserUpdated> context) => Forget(context.Message.UserId);

    public Task Consume(ConsumeContext<UserDeleted> context) => Forget(context.Message.UserId);

    private Task Forget(string userId)
    {
        if (Snowflake.TryParse(userId, out var id))
        {
            directory.ForgetUser(id);
        }

        return Task.CompletedTask;
    }
}
