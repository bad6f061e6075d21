using DeviceRegistry.Domain;
using Npgsql;

namespace DeviceRegistry.Data;

/// <summary>Reads key requests.</summary>
internal sealed class KeyRequestStore(NpgsqlDataSource source, TimeProvider clock)
{
    private const string Columns =
        "r.request_id, r.group_id, r.device_id, r.public_key, r.status, r.created_at, r.expires_at, r.granting_device_id, r.wrapped_key, r.key_version, d.user_id";

    private const string From = "FROM key_requests r JOIN devices d ON d.device_id = r.device_id";

    private const string ById = $"SELECT {Columns} {From} WHERE r.request_id = $1 AND r.group_id = $2";

    private const string OpenOfGroup = $"""
        SELECT {Columns} {From} WHERE r.group_id = $1 AND r.status = 'pending' AND r.expires_at > $2 ORDER BY r.created_at, r.request_id
        """;

    private const string OpenOfDevices = $"""
        SELECT {Columns} {From} WHERE r.device_id = ANY($1) AND r.status = 'pending' ORDER BY r.created_at, r.request_id
        """;

    private const string PendingOfGroup = $"SELECT {Columns} {From} WHERE r.group_id = $1 AND r.status = 'pending' ORDER BY r.created_at, r.request_id";

    // Only while the device still has the key that the answer was made for.
    private const string Acknowledge = """
        UPDATE devices d SET acked_key_version = r.key_version
        FROM key_requests r
        WHERE r.request_id = $1 AND d.device_id = r.device_id AND d.status = 'active' AND d.public_key = r.public_key AND d.acked_key_version < r.key_version
        """;

    /// <summary>The request of that id, if it is in the group.</summary>
    public async Task<KeyRequest?> FindAsync(long groupId, Guid requestId, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return (await QueryAsync(connection, ById, cancellationToken, Sql.Value(requestId), Sql.Value(groupId))).SingleOrDefault();
    }

    /// <summary>The same inside a change.</summary>
    public static async Task<KeyRequest?> FindAsync(GroupTransaction change, Guid requestId, CancellationToken cancellationToken)
        => (await QueryAsync(change.Connection, ById, cancellationToken, Sql.Value(requestId), Sql.Value(change.Group.Id))).SingleOrDefault();

    /// <summary>The requests that can be answered, oldest first.</summary>
    public async Task<IReadOnlyList<KeyRequest>> ListOpenAsync(long groupId, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await QueryAsync(connection, OpenOfGroup, cancellationToken, Sql.Value(groupId), Sql.Value(clock.Now));
    }

    /// <summary>The requests of some devices that nobody has answered, whether or not their time is over.</summary>
    public static Task<List<KeyRequest>> ListPendingAsync(GroupTransaction change, IEnumerable<Guid> deviceIds, CancellationToken cancellationToken)
        => QueryAsync(change.Connection, OpenOfDevices, cancellationToken, Sql.Values(deviceIds));

    /// <summary>The requests of the group that nobody has answered, whether or not their time is over.</summary>
    public static Task<List<KeyRequest>> ListPendingAsync(GroupTransaction change, CancellationToken cancellationToken)
        => QueryAsync(change.Connection, PendingOfGroup, cancellationToken, Sql.Value(change.Group.Id));

    /// <summary>Notes that the owner of the device has read the key in the answer.</summary>
    public async Task AcknowledgeAsync(Guid requestId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Acknowledge);
        command.Parameters.Add(Sql.Value(requestId));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<KeyRequest>> QueryAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        var requests = new List<KeyRequest>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            requests.Add(new KeyRequest
            {
                Id = reader.GetGuid(0),
                GroupId = reader.GetInt64(1),
                DeviceId = reader.GetGuid(2),
                PublicKey = reader.GetFieldValue<byte[]>(3),
                Status = KeyRequestStatusNames.Parse(reader.GetString(4)),
                CreatedAt = reader.Moment(5),
                ExpiresAt = reader.Moment(6),
                GrantingDeviceId = reader.IsDBNull(7) ? null : reader.GetGuid(7),
                WrappedKey = reader.BytesOrNull(8),
                KeyVersion = reader.IsDBNull(9) ? null : reader.GetInt64(9),
                OwnerId = reader.GetString(10),
            });
        }

        return requests;
    }
}
