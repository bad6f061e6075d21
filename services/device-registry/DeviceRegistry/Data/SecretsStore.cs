using Npgsql;

namespace DeviceRegistry.Data;

/// <summary>A group's secrets: one document that clients encrypted with the group's key.</summary>
internal sealed record GroupSecrets(Guid SecretId, long Version, byte[] Payload, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Reads and writes the ciphertext.</summary>
internal sealed class SecretsStore(NpgsqlDataSource source)
{
    private const string ByGroup = "SELECT secret_id, version, payload, created_at, updated_at FROM group_secrets WHERE group_id = $1";

    private const string VersionOfGroup = "SELECT version FROM group_secrets WHERE group_id = $1";

    private const string Insert = """
        INSERT INTO group_secrets (group_id, secret_id, version, payload, created_at, updated_at) VALUES ($1, $2, 1, $3, $4, $4)
        """;

    private const string Update = "UPDATE group_secrets SET version = $2, payload = $3, updated_at = $4 WHERE group_id = $1";

    private const string Delete = "DELETE FROM group_secrets WHERE group_id = $1";

    public async Task<GroupSecrets?> FindAsync(long groupId, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, groupId, cancellationToken);
    }

    /// <summary>The same inside a change.</summary>
    public static Task<GroupSecrets?> FindAsync(GroupTransaction change, CancellationToken cancellationToken)
        => FindAsync(change.Connection, change.Group.Id, cancellationToken);

    /// <summary>Whether the group has secrets, inside a change.</summary>
    public static async Task<bool> ExistAsync(GroupTransaction change, CancellationToken cancellationToken)
        => await VersionAsync(change, cancellationToken) is not null;

    /// <summary>The group's first secrets.</summary>
    public static GroupSecrets Add(GroupTransaction change, byte[] payload)
    {
        var secrets = new GroupSecrets(Guid.NewGuid(), 1, payload, change.Now, change.Now);
        change.Writes.Add(Insert, Sql.Value(change.Group.Id), Sql.Value(secrets.SecretId), Sql.Value(payload), Sql.Value(change.Now));
        change.Effects.SecretsUpdated(secrets.Version);
        return secrets;
    }

    /// <summary>Other ciphertext in place of what was read.</summary>
    public static GroupSecrets Replace(GroupTransaction change, GroupSecrets old, byte[] payload)
    {
        var secrets = old with { Version = old.Version + 1, Payload = payload, UpdatedAt = change.Now };
        change.Writes.Add(Update, Sql.Value(change.Group.Id), Sql.Value(secrets.Version), Sql.Value(payload), Sql.Value(change.Now));
        change.Effects.SecretsUpdated(secrets.Version);
        return secrets;
    }

    /// <summary>Other ciphertext, or the first.</summary>
    public static async Task ReplaceAsync(GroupTransaction change, byte[] payload, CancellationToken cancellationToken)
    {
        if (await VersionAsync(change, cancellationToken) is { } version)
        {
            Replace(change, new GroupSecrets(default, version, [], default, default), payload);
        }
        else
        {
            Add(change, payload);
        }
    }

    public static void Remove(GroupTransaction change) => change.Writes.Add(Delete, Sql.Value(change.Group.Id));

    private static async Task<long?> VersionAsync(GroupTransaction change, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(VersionOfGroup, change.Connection);
        command.Parameters.Add(Sql.Value(change.Group.Id));
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    private static async Task<GroupSecrets?> FindAsync(NpgsqlConnection connection, long groupId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ByGroup, connection);
        command.Parameters.Add(Sql.Value(groupId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new GroupSecrets(reader.GetGuid(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2), reader.Moment(3), reader.Moment(4))
            : null;
    }
}
