using DeviceRegistry.Contracts.V1;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using MassTransit;
using ServiceDefaults.Messaging;

namespace IdentityAuth.Messages;

/// <summary>
/// A device has lost its group: the session on which it was registered ends with it (platform design §6). A device that was registered
/// without a session of ours, or whose session has ended, changes nothing.
/// </summary>
internal sealed class DeviceRevokedConsumer(Inbox inbox, Outbox outbox, ChangeBroadcast changes, TimeProvider clock) : IConsumer<DeviceRevoked>
{
    private const string Name = "device-revoked";

    public async Task Consume(ConsumeContext<DeviceRevoked> context)
    {
        if (context.Message.SessionId is not { } sessionId || !SessionToken.TryReadIdHash(sessionId, out var hash))
        {
            return;
        }

        await inbox.HandleOnceAsync(context, Name, async (connection, transaction, cancellationToken) =>
        {
            // The owner is part of it: an event can end nobody else's session.
            await using var delete = new Npgsql.NpgsqlCommand("DELETE FROM sessions WHERE token_hash = $1 AND user_id::text = $2 RETURNING user_id", connection, transaction)
            {
                Parameters = { new() { Value = hash }, new() { Value = context.Message.UserId } },
            };
            if (await delete.ExecuteScalarAsync(cancellationToken) is not long userId)
            {
                return;
            }

            var batch = new Npgsql.NpgsqlBatch(connection, transaction);
            await using (batch)
            {
                var now = clock.GetUtcNow();
                outbox.Add(batch, Aggregate.Of(userId), new Contracts.V1.SessionsRevoked
                {
                    UserId = Snowflake.Text(userId),
                    IdHashes = [sessionId],
                    Reason = RevocationReason.DeviceRevoked,
                    OccurredAt = now,
                });
                batch.AddAudit(userId, AuditAction.SessionsRevoked, ip: null, RevocationReason.DeviceRevoked, now);
                await batch.ExecuteNonQueryAsync(cancellationToken);
            }
        });

        // Also when another delivery did it: forgetting is cheap, and that one may have died before it could tell.
        await changes.SessionsEndedAsync([hash]);
    }
}

/// <summary>One durable queue for all instances.</summary>
internal sealed class DeviceRevokedConsumerDefinition : ConsumerDefinition<DeviceRevokedConsumer>
{
    public DeviceRevokedConsumerDefinition() => EndpointName = "identity-auth-device-revoked";
}
