using DeviceRegistry.Domain;
using Npgsql;

namespace DeviceRegistry.Data;

/// <summary>Reads groups, and what callers are to them.</summary>
internal sealed class GroupDirectory(NpgsqlDataSource source, TimeProvider clock)
{
    /// <summary>The columns of <see cref="ReadGroup"/>, in its order.</summary>
    public const string Columns =
        "g.id, g.name, g.long_name, g.description, g.avatar, g.url, g.subscription_uuid, g.key_version, g.key_ready, g.initialized_by, "
        + "g.ever_active, g.max_devices, g.last_rotated_at, g.change_number";

    private const int ColumnCount = 14;

    // $1 group, $2 identity, $3 verified e-mail address or null.
    private const string Access = $"""
        SELECT {Columns}, m.state = 'active', m.roles,
               EXISTS (SELECT FROM group_members i WHERE i.group_id = g.id AND i.identity IS NULL AND lower(i.email) = lower($3))
        FROM groups g LEFT JOIN group_members m ON m.group_id = g.id AND m.identity = $2
        """;

    private const string AccessById = $"{Access} WHERE g.id = $1";

    private const string AccessByName = $"{Access} WHERE g.name = $1";

    // Whoever was added by e-mail address becomes a member with the identity that turns up with this address.
    private const string Bind = """
        WITH invitation AS (
            DELETE FROM group_members WHERE group_id = $1 AND identity IS NULL AND lower(email) = lower($3)
            RETURNING email, first_name, last_name, roles)
        INSERT INTO group_members (group_id, identity, email, first_name, last_name, state, roles, created_at, updated_at)
        SELECT $1, $2, email, first_name, last_name, 'active', roles, $4, $4 FROM invitation
        ON CONFLICT (group_id, identity) WHERE identity IS NOT NULL
        DO UPDATE SET state = 'active', updated_at = excluded.updated_at, email = excluded.email,
                      roles = ARRAY(SELECT DISTINCT unnest(excluded.roles || CASE WHEN group_members.state = 'active' THEN group_members.roles END))
        """;

    /// <summary>What the caller is to the group with that number; <see langword="null"/> when there is none.</summary>
    public Task<GroupAccess?> FindAsync(long groupId, Caller caller, GroupRequirement requirement, CancellationToken cancellationToken)
        => FindAsync(AccessById, Sql.Value(groupId), caller, requirement, cancellationToken);

    /// <summary>What the caller is to the group of that name; <see langword="null"/> when there is none.</summary>
    public Task<GroupAccess?> FindAsync(string name, Caller caller, GroupRequirement requirement, CancellationToken cancellationToken)
        => FindAsync(AccessByName, Sql.Value(name), caller, requirement, cancellationToken);

    /// <summary>The statement that reads what the caller is to a group, for a batch; <see cref="Read"/> reads its answer.</summary>
    public static NpgsqlBatchCommand AccessCommand(long groupId, Caller caller)
        => Sql.Command(AccessById, Sql.Value(groupId), Sql.Value(caller.Identity), Sql.Value(caller.VerifiedEmail));

    /// <summary>Reads the row of <see cref="AccessCommand"/>.</summary>
    public static GroupAccess Read(NpgsqlDataReader reader, Caller caller, GroupRequirement requirement)
        => new(
            caller,
            ReadGroup(reader),
            reader.IsDBNull(ColumnCount) ? null : new MemberRow(reader.GetBoolean(ColumnCount), reader.GetFieldValue<string[]>(ColumnCount + 1)),
            requirement);

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static Group ReadGroup(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        Name = reader.GetString(1),
        LongName = reader.TextOrNull(2),
        Description = reader.TextOrNull(3),
        Avatar = reader.TextOrNull(4),
        Url = reader.TextOrNull(5),
        SubscriptionUuid = reader.TextOrNull(6),
        KeyVersion = reader.GetInt64(7),
        KeyReady = reader.GetBoolean(8),
        InitializedBy = reader.TextOrNull(9),
        EverActive = reader.GetBoolean(10),
        MaxDevices = reader.GetInt32(11),
        LastRotatedAt = reader.MomentOrNull(12),
        ChangeNumber = reader.GetInt64(13),
    };

    private async Task<GroupAccess?> FindAsync(
        string sql, NpgsqlParameter key, Caller caller, GroupRequirement requirement, CancellationToken cancellationToken)
    {
        for (var isBound = false; ; isBound = true)
        {
            GroupAccess access;
            await using (var command = source.CreateCommand(sql))
            {
                command.Parameters.Add(key.Clone());
                command.Parameters.Add(Sql.Value(caller.Identity));
                command.Parameters.Add(Sql.Value(caller.VerifiedEmail));
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                if (!await reader.ReadAsync(cancellationToken))
                {
                    return null;
                }

                access = Read(reader, caller, requirement);
                if (isBound || !reader.GetBoolean(ColumnCount + 2))
                {
                    return access;
                }
            }

            await BindAsync(access.Group.Id, caller, cancellationToken);
        }
    }

    private async Task BindAsync(long groupId, Caller caller, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Bind);
        command.Parameters.Add(Sql.Value(groupId));
        command.Parameters.Add(Sql.Value(caller.Identity));
        command.Parameters.Add(Sql.Value(caller.VerifiedEmail));
        command.Parameters.Add(Sql.Value(clock.Now));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
