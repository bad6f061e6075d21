using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using IdentityAuth.Contracts.V1;
using MassTransit;
using Npgsql;
using ServiceDefaults.Messaging;

namespace DeviceRegistry.Messages;

/// <summary>
/// An account is erased (platform design §6): its memberships end, with what is kept of its person, its devices are revoked and its streams
/// closed, in all groups or in none.
/// </summary>
internal sealed class UserDeletedConsumer(Inbox inbox, GroupTransactions groups, PresenceStore presence) : IConsumer<UserDeleted>
{
    public const string Queue = "device-registry-user-deleted";

    private const string Actor = "identity-auth";

    // In the order of their numbers: whoever locks several groups does so in this order.
    private const string GroupsOf = """
        SELECT group_id FROM group_members WHERE identity = $1 UNION SELECT group_id FROM devices WHERE user_id = $1 ORDER BY 1
        """;

    // Also where there was no row: a token may still claim the membership.
    private const string Remove = """
        INSERT INTO group_members (group_id, identity, state, roles, created_at, updated_at) VALUES ($1, $2, 'removed', '{}', $3, $3)
        ON CONFLICT (group_id, identity) WHERE identity IS NOT NULL
        DO UPDATE SET state = 'removed', roles = '{}', email = NULL, first_name = NULL, last_name = NULL, updated_at = excluded.updated_at
        """;

    private const string IsRemoved = "SELECT EXISTS (SELECT FROM group_members WHERE group_id = $1 AND identity = $2 AND state = 'removed')";

    public async Task Consume(ConsumeContext<UserDeleted> context)
    {
        var revoked = new List<Device>();
        await inbox.HandleOnceAsync(context, Queue, async (connection, _, cancellationToken) =>
        {
            foreach (var groupId in await ReadGroupsAsync(connection, context.Message.UserId, cancellationToken))
            {
                await LeaveAsync(connection, groupId, context.Message.UserId, revoked, cancellationToken);
            }
        });

        foreach (var device in revoked)
        {
            await presence.ForgetAsync(device.GroupId, device.Id);
        }
    }

    private async Task LeaveAsync(NpgsqlConnection connection, long groupId, string identity, List<Device> revoked, CancellationToken cancellationToken)
    {
        await using var change = await groups.JoinAsync(connection, groupId, Actor, cancellationToken);
        if (change is null)
        {
            return;
        }

        var wasRemoved = await WasRemovedAsync(connection, groupId, identity, cancellationToken);
        revoked.AddRange(await DeviceChanges.RevokeAsync(change, await DeviceStore.ListOfUserRowsAsync(change, identity, cancellationToken), cancellationToken));
        change.Writes.Add(Remove, Sql.Value(groupId), Sql.Value(identity), Sql.Value(change.Now));
        if (!wasRemoved)
        {
            change.Effects.MembershipRemoved(identity);
        }

        await change.WriteAsync(cancellationToken);
    }

    private static async Task<bool> WasRemovedAsync(NpgsqlConnection connection, long groupId, string identity, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(IsRemoved, connection) { Parameters = { Sql.Value(groupId), Sql.Value(identity) } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<List<long>> ReadGroupsAsync(NpgsqlConnection connection, string identity, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(GroupsOf, connection) { Parameters = { Sql.Value(identity) } };
        var ids = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetInt64(0));
        }

        return ids;
    }
}

internal sealed class UserDeletedConsumerDefinition : ConsumerDefinition<UserDeletedConsumer>
{
    public UserDeletedConsumerDefinition()
    {
        EndpointName = UserDeletedConsumer.Queue;
        ConcurrentMessageLimit = 2;
    }
}
