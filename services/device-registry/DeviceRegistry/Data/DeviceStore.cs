using System.Collections.Frozen;
using DeviceRegistry.Domain;
using Npgsql;

namespace DeviceRegistry.Data;

/// <summary>Devices: reading them, and the statements that change them. The statements belong into a <see cref="GroupTransaction"/>.</summary>
internal sealed class DeviceStore(NpgsqlDataSource source, ILastSeenReader lastSeen)
{
    /// <summary>The columns of <see cref="Read"/>, in its order.</summary>
    public const string Columns =
        "d.device_id, d.group_id, d.user_id, d.name, d.type, d.public_key, d.status, d.was_active, d.wrapped_key, d.sender_public_key, "
        + "d.wrapped_key_version, d.acked_key_version, d.push_token_mac IS NOT NULL OR d.push_reference IS NOT NULL, d.push_platform, d.session_id, "
        + "d.pairing_reference, d.created_at, d.updated_at, d.last_seen_at";

    private const string ById = $"SELECT {Columns} FROM devices d WHERE d.device_id = $1 AND d.group_id = $2";

    private const string ByIdWithKeyVersion = $"""
        SELECT {Columns}, g.key_version FROM devices d JOIN groups g ON g.id = d.group_id WHERE d.device_id = $1 AND d.group_id = $2
        """;

    private const string Acknowledge = """
        UPDATE devices SET acked_key_version = $2 WHERE device_id = $1 AND status = 'active' AND wrapped_key_version = $2 AND acked_key_version < $2
        """;

    private const string OfGroup = $"""
        SELECT {Columns} FROM devices d WHERE d.group_id = $1 AND ($2::text IS NULL OR d.status = $2) ORDER BY d.created_at, d.device_id
        """;

    private const string OfUser = $"""
        SELECT {Columns} FROM devices d
        WHERE d.group_id = $1 AND d.user_id = $2 AND d.status <> 'revoked' ORDER BY d.created_at, d.device_id
        """;

    private const string IsKnown = "SELECT EXISTS (SELECT FROM devices WHERE group_id = $1 AND user_id = $2)";

    private const string CountInUse = "SELECT count(*)::int FROM devices WHERE group_id = $1 AND status <> 'revoked'";

    // The registered device with a key, and whether the key may not come back.
    private const string ByKey = $"""
        SELECT {Columns} FROM devices d WHERE d.group_id = $1 AND d.public_key_sha256 = $2 AND d.status <> 'revoked'
        """;

    private const string KeyIsRevoked = """
        SELECT EXISTS (SELECT FROM devices WHERE group_id = $1 AND public_key_sha256 = $2 AND status = 'revoked')
            OR EXISTS (SELECT FROM revoked_keys WHERE group_id = $1 AND public_key_sha256 = $2)
        """;

    /// <summary>The device of that id, if it is in the group.</summary>
    public async Task<Device?> FindAsync(long groupId, Guid deviceId, CancellationToken cancellationToken)
    {
        var found = await QueryAsync(ById, cancellationToken, Sql.Value(deviceId), Sql.Value(groupId));
        return (await WithLastSeenAsync(groupId, found, cancellationToken)).SingleOrDefault();
    }

    /// <summary>The same inside a change.</summary>
    public static async Task<Device?> FindAsync(GroupTransaction change, Guid deviceId, CancellationToken cancellationToken)
        => (await QueryAsync(change.Connection, ById, cancellationToken, Sql.Value(deviceId), Sql.Value(change.Group.Id))).SingleOrDefault();

    /// <summary>The device together with the version of the group's key at the same moment.</summary>
    public async Task<(Device? Device, long GroupKeyVersion)> FindWithKeyVersionAsync(long groupId, Guid deviceId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(ByIdWithKeyVersion);
        command.Parameters.Add(Sql.Value(deviceId));
        command.Parameters.Add(Sql.Value(groupId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (Read(reader), reader.GetInt64(reader.FieldCount - 1)) : (null, 0);
    }

    /// <summary>Notes that the owner has fetched the wrapped key of that version, if it is still the one that is stored.</summary>
    public async Task AcknowledgeAsync(Guid deviceId, long version, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Acknowledge);
        command.Parameters.Add(Sql.Value(deviceId));
        command.Parameters.Add(Sql.Value(version));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The group's devices, oldest first; those of one state if one is given.</summary>
    public async Task<IReadOnlyList<Device>> ListAsync(long groupId, DeviceStatus? status, CancellationToken cancellationToken)
    {
        var devices = await QueryAsync(OfGroup, cancellationToken, Sql.Value(groupId), Sql.Value(status?.NameOf()));
        return await WithLastSeenAsync(groupId, devices, cancellationToken);
    }

    /// <summary>The same inside a change, and without knowing better than the rows when each was heard of last.</summary>
    public static Task<List<Device>> ListAsync(GroupTransaction change, DeviceStatus? status, CancellationToken cancellationToken)
        => QueryAsync(change.Connection, OfGroup, cancellationToken, Sql.Value(change.Group.Id), Sql.Value(status?.NameOf()));

    /// <summary>Somebody's devices in the group that are not revoked, oldest first.</summary>
    public async Task<IReadOnlyList<Device>> ListOfUserAsync(long groupId, string userId, CancellationToken cancellationToken)
    {
        var devices = await QueryAsync(OfUser, cancellationToken, Sql.Value(groupId), Sql.Value(userId));
        return await WithLastSeenAsync(groupId, devices, cancellationToken);
    }

    /// <summary>The same without knowing better than the rows when each was heard of last.</summary>
    public Task<List<Device>> ListOfUserRowsAsync(long groupId, string userId, CancellationToken cancellationToken)
        => QueryAsync(OfUser, cancellationToken, Sql.Value(groupId), Sql.Value(userId));

    /// <inheritdoc cref="ListOfUserRowsAsync(long, string, CancellationToken)"/>
    public static Task<List<Device>> ListOfUserRowsAsync(GroupTransaction change, string userId, CancellationToken cancellationToken)
        => QueryAsync(change.Connection, OfUser, cancellationToken, Sql.Value(change.Group.Id), Sql.Value(userId));

    /// <summary>Somebody's devices inside a change, with the times that were read before it.</summary>
    /// <param name="times">Of <see cref="ReadLastSeenAsync"/>: under the lock nobody may wait for Redis, or a Redis that hangs stops the group's changes.</param>
    public static async Task<IReadOnlyList<Device>> ListOfUserAsync(
        GroupTransaction change, string userId, IReadOnlyDictionary<Guid, DateTimeOffset> times, CancellationToken cancellationToken)
        => WithLastSeen(await ListOfUserRowsAsync(change, userId, cancellationToken), times);

    /// <summary>When somebody's active devices were heard of last, if there are several to choose from.</summary>
    public async Task<IReadOnlyDictionary<Guid, DateTimeOffset>> ReadLastSeenAsync(long groupId, string userId, CancellationToken cancellationToken)
    {
        var active = (await ListOfUserRowsAsync(groupId, userId, cancellationToken)).FindAll(static device => device.Status == DeviceStatus.Active);
        return active.Count < 2
            ? FrozenDictionary<Guid, DateTimeOffset>.Empty
            : await lastSeen.ReadAsync(groupId, active.ConvertAll(static device => device.Id), cancellationToken);
    }

    /// <summary>Whether somebody has a device in the group, in whatever state.</summary>
    public static async Task<bool> HasAnyAsync(GroupTransaction change, string userId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(IsKnown, change.Connection) { Parameters = { Sql.Value(change.Group.Id), Sql.Value(userId) } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>How many places are taken.</summary>
    public async Task<int> CountAsync(long groupId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(CountInUse);
        command.Parameters.Add(Sql.Value(groupId));
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>What stands in the way of a key in the group.</summary>
    public static async Task<KeyUse> FindKeyUseAsync(GroupTransaction change, DevicePublicKey key, CancellationToken cancellationToken)
        => (await FindKeyUseAsync(change, key, isCounted: false, cancellationToken)).Use;

    /// <summary>The same, and how many places are taken. For those who need a place: counting the phones of a large tenant takes its time.</summary>
    public static Task<(KeyUse Use, int Count)> FindKeyUseAndCountAsync(GroupTransaction change, DevicePublicKey key, CancellationToken cancellationToken)
        => FindKeyUseAsync(change, key, isCounted: true, cancellationToken);

    private static async Task<(KeyUse Use, int Count)> FindKeyUseAsync(
        GroupTransaction change, DevicePublicKey key, bool isCounted, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(change.Connection);
        batch.Add(ByKey, Sql.Value(change.Group.Id), Sql.Value(key.Sha256));
        batch.Add(KeyIsRevoked, Sql.Value(change.Group.Id), Sql.Value(key.Sha256));
        if (isCounted)
        {
            batch.Add(CountInUse, Sql.Value(change.Group.Id));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var holder = await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var use = new KeyUse(holder, reader.GetBoolean(0));
        var hasCount = await reader.NextResultAsync(cancellationToken) && await reader.ReadAsync(cancellationToken);
        return (use, hasCount ? reader.GetInt32(0) : 0);
    }

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static Device Read(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        GroupId = reader.GetInt64(1),
        UserId = reader.GetString(2),
        Name = reader.GetString(3),
        Type = reader.GetString(4),
        PublicKey = reader.GetFieldValue<byte[]>(5),
        Status = DeviceStatusNames.Parse(reader.GetString(6))!.Value,
        WasActive = reader.GetBoolean(7),
        WrappedKey = reader.BytesOrNull(8),
        SenderPublicKey = reader.BytesOrNull(9),
        WrappedKeyVersion = reader.GetInt64(10),
        AckedKeyVersion = reader.GetInt64(11),
        HasPushToken = reader.GetBoolean(12),
        PushPlatform = reader.TextOrNull(13),
        SessionId = reader.TextOrNull(14),
        PairingReference = reader.TextOrNull(15),
        CreatedAt = reader.Moment(16),
        UpdatedAt = reader.Moment(17),
        LastSeenAt = reader.MomentOrNull(18),
    };

    // The connection goes back before Redis is asked: one that hangs must not keep those of everybody else.
    private async Task<List<Device>> QueryAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await QueryAsync(connection, sql, cancellationToken, parameters);
    }

    private static async Task<List<Device>> QueryAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        var devices = new List<Device>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            devices.Add(Read(reader));
        }

        return devices;
    }

    private async Task<IReadOnlyList<Device>> WithLastSeenAsync(long groupId, List<Device> devices, CancellationToken cancellationToken)
        => devices.Count == 0 ? devices : WithLastSeen(devices, await lastSeen.ReadAsync(groupId, devices.ConvertAll(static device => device.Id), cancellationToken));

    private static List<Device> WithLastSeen(List<Device> devices, IReadOnlyDictionary<Guid, DateTimeOffset> times)
        => times.Count == 0
            ? devices
            : devices.ConvertAll(device => times.TryGetValue(device.Id, out var seen) && !(seen < device.LastSeenAt) ? device with { LastSeenAt = seen } : device);
}

/// <summary>What is known about a key in a group.</summary>
/// <param name="Holder">The device that has it and is not revoked.</param>
/// <param name="IsRevoked">Whether a revoked device had it.</param>
internal sealed record KeyUse(Device? Holder, bool IsRevoked);
