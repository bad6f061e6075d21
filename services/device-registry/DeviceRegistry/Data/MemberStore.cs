using DeviceRegistry.Domain;
using Npgsql;

namespace DeviceRegistry.Data;

/// <summary>Reads and writes the rows of a group's members.</summary>
internal sealed class MemberStore(NpgsqlDataSource source)
{
    private const string Columns = "identity, email, first_name, last_name, state, roles";

    private const string OfGroup = $"SELECT {Columns} FROM group_members WHERE group_id = $1 AND state = 'active' ORDER BY id";

    private const string ByIdentity = $"SELECT {Columns} FROM group_members WHERE group_id = $1 AND identity = $2";

    // The person behind an address, or else the invitation.
    private const string ByEmail = $"""
        SELECT {Columns} FROM group_members WHERE group_id = $1 AND lower(email) = lower($2) AND (identity IS NULL OR state = 'active') ORDER BY identity NULLS LAST LIMIT 1
        """;

    private const string OtherAdministrators = """
        SELECT EXISTS (SELECT FROM group_members WHERE group_id = $1 AND identity <> $2 AND state = 'active' AND $3 = ANY(roles))
        """;

    // Somebody who comes back starts without roles.
    private const string Add = """
        INSERT INTO group_members (group_id, identity, email, first_name, last_name, state, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, 'active', $6, $6)
        ON CONFLICT (group_id, identity) WHERE identity IS NOT NULL
        DO UPDATE SET email = COALESCE(excluded.email, group_members.email), first_name = COALESCE(excluded.first_name, group_members.first_name),
                      last_name = COALESCE(excluded.last_name, group_members.last_name), state = 'active', updated_at = excluded.updated_at,
                      roles = CASE WHEN group_members.state = 'active' THEN group_members.roles ELSE '{}' END
        """;

    private const string Invite = """
        INSERT INTO group_members (group_id, email, first_name, last_name, state, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'active', $5, $5)
        ON CONFLICT (group_id, lower(email)) WHERE identity IS NULL
        DO UPDATE SET first_name = COALESCE(excluded.first_name, group_members.first_name),
                      last_name = COALESCE(excluded.last_name, group_members.last_name), updated_at = excluded.updated_at
        """;

    private const string Remove = """
        INSERT INTO group_members (group_id, identity, state, created_at, updated_at) VALUES ($1, $2, 'removed', $3, $3)
        ON CONFLICT (group_id, identity) WHERE identity IS NOT NULL DO UPDATE SET state = 'removed', roles = '{}', updated_at = excluded.updated_at
        """;

    private const string Withdraw = "DELETE FROM group_members WHERE group_id = $1 AND identity IS NULL AND lower(email) = lower($2)";

    private const string SetRoles = "UPDATE group_members SET roles = $3, updated_at = $4 WHERE group_id = $1 AND identity = $2";

    /// <summary>The group's members, in the order in which they were added; invitations included.</summary>
    public async Task<IReadOnlyList<Member>> ListAsync(long groupId, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await QueryAsync(connection, OfGroup, cancellationToken, Sql.Value(groupId));
    }

    /// <summary>The row of somebody, also of a removed one.</summary>
    public async Task<Member?> FindAsync(long groupId, string identity, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return (await QueryAsync(connection, ByIdentity, cancellationToken, Sql.Value(groupId), Sql.Value(identity))).SingleOrDefault();
    }

    /// <summary>The same inside a change.</summary>
    public static async Task<Member?> FindAsync(GroupTransaction change, string identity, CancellationToken cancellationToken)
        => (await QueryAsync(change.Connection, ByIdentity, cancellationToken, Sql.Value(change.Group.Id), Sql.Value(identity))).SingleOrDefault();

    /// <summary>The active member, or the invitation, with an address, inside a change.</summary>
    public static async Task<Member?> FindByEmailAsync(GroupTransaction change, string email, CancellationToken cancellationToken)
        => (await QueryAsync(change.Connection, ByEmail, cancellationToken, Sql.Value(change.Group.Id), Sql.Value(email))).SingleOrDefault();

    /// <summary>Whether somebody else administers the group, inside a change.</summary>
    public static async Task<bool> HasOtherAdministratorAsync(GroupTransaction change, string identity, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(OtherAdministrators, change.Connection);
        command.Parameters.Add(Sql.Value(change.Group.Id));
        command.Parameters.Add(Sql.Value(identity));
        command.Parameters.Add(Sql.Value(MemberRole.GroupAdministrator));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Makes somebody a member, again if need be.</summary>
    public static void AddMember(GroupTransaction change, Member member)
        => change.Writes.Add(
            Add,
            Sql.Value(change.Group.Id), Sql.Value(member.Identity), Sql.Value(member.Email), Sql.Value(member.FirstName), Sql.Value(member.LastName),
            Sql.Value(change.Now));

    /// <summary>Makes whoever turns up with an address a member.</summary>
    public static void AddInvitation(GroupTransaction change, Member member)
        => change.Writes.Add(
            Invite, Sql.Value(change.Group.Id), Sql.Value(member.Email), Sql.Value(member.FirstName), Sql.Value(member.LastName), Sql.Value(change.Now));

    /// <summary>Writes down that somebody is no member, whatever his token says.</summary>
    public static void RemoveMember(GroupTransaction change, string identity)
        => change.Writes.Add(Remove, Sql.Value(change.Group.Id), Sql.Value(identity), Sql.Value(change.Now));

    /// <summary>Takes an invitation back.</summary>
    public static void RemoveInvitation(GroupTransaction change, string email)
        => change.Writes.Add(Withdraw, Sql.Value(change.Group.Id), Sql.Value(email));

    /// <summary>Replaces somebody's roles.</summary>
    public static void ReplaceRoles(GroupTransaction change, string identity, IReadOnlyList<string> roles)
        => change.Writes.Add(SetRoles, Sql.Value(change.Group.Id), Sql.Value(identity), Sql.Values(roles), Sql.Value(change.Now));

    private static async Task<List<Member>> QueryAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        var members = new List<Member>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            members.Add(new Member(
                reader.TextOrNull(0), reader.TextOrNull(1), reader.TextOrNull(2), reader.TextOrNull(3), reader.GetString(4) == "active", reader.GetFieldValue<string[]>(5)));
        }

        return members;
    }
}
