using Dapper;
using Npgsql;
using Pairing.Contracts.V1;
using Pairing.Domain;
using ServiceDefaults.Messaging;

namespace Pairing.Data;

/// <summary>A linked phone, as the tenant may see it.</summary>
internal sealed record LinkedDevice(
    string DeviceId, string DisplayName, string Platform, string? OsVersion, string? Model, byte[] PublicKeyThumbprint, DateTime CreatedAt);

/// <summary>The linked phones of users.</summary>
internal sealed class DeviceDirectory(NpgsqlDataSource source, Outbox outbox, TimeProvider clock)
{
    /// <summary>A user's phones, oldest first.</summary>
    public async Task<IReadOnlyList<LinkedDevice>> ListAsync(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var devices = await connection.QueryAsync<LinkedDevice>(new CommandDefinition(
            """
            SELECT d.device_id AS "DeviceId", d.display_name AS "DisplayName", d.platform AS "Platform", d.os_version AS "OsVersion",
                   d.model AS "Model", d.public_key_thumbprint AS "PublicKeyThumbprint", d.created_at AS "CreatedAt"
            FROM user_device d JOIN app_user u ON u.id = d.app_user
            WHERE u.tenant_id = @tenantId AND u.user_id = @userId
            ORDER BY d.created_at, d.id
            """,
            new { tenantId, userId },
            cancellationToken: cancellationToken));
        return devices.AsList();
    }

    /// <summary>
    /// Removes a phone, and with a user's last one the user's link and measurement, so that he can be paired again.
    /// </summary>
    /// <returns>Whether there was such a phone.</returns>
    public async Task<bool> RemoveAsync(Guid tenantId, Guid userId, string deviceId, CancellationToken cancellationToken)
    {
        (Guid Row, Guid User, byte[] Thumbprint)? removed = null;
        await using var transaction = await UserTransaction.BeginAsync(
            source,
            UserTransaction.LockKey(tenantId, userId),
            batch =>
            {
                var delete = new NpgsqlBatchCommand("""
                    WITH gone AS (
                        DELETE FROM user_device d USING app_user u
                        WHERE u.id = d.app_user AND u.tenant_id = $1 AND u.user_id = $2 AND d.device_id = $3
                        RETURNING d.id, d.app_user, d.public_key_thumbprint)
                    SELECT gone.id, gone.app_user, gone.public_key_thumbprint FROM (SELECT) AS one LEFT JOIN gone ON true
                    """);
                delete.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = tenantId });
                delete.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = userId });
                delete.Parameters.Add(new NpgsqlParameter<string> { TypedValue = deviceId });
                batch.BatchCommands.Add(delete);
            },
            reader => removed = reader.IsDBNull(0) ? null : (reader.GetGuid(0), reader.GetGuid(1), reader.GetFieldValue<byte[]>(2)),
            cancellationToken);
        if (removed is not { } device)
        {
            return false;
        }

        await transaction.CommitAsync(batch => Forget(batch, tenantId, userId, device.User, new RemovedDevice(device.Row, deviceId, device.Thumbprint)));
        return true;
    }

    /// <summary>
    /// Removes the phones of a user that hold a key, as <see cref="RemoveAsync"/> does, in the caller's transaction.
    /// </summary>
    /// <param name="linkedUntil">Phones that were linked later are left alone: what is said of the key was said before.</param>
    public async Task RemoveByKeyAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        Guid tenantId,
        Guid userId,
        KeyThumbprint thumbprint,
        DateTimeOffset linkedUntil,
        CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT pg_advisory_xact_lock(@key)", new { key = UserTransaction.LockKey(tenantId, userId) }, transaction, cancellationToken: cancellationToken));
        var removed = (await connection.QueryAsync<(Guid Row, string DeviceId, byte[] Thumbprint, Guid User)>(new CommandDefinition(
            """
            DELETE FROM user_device d USING app_user u
            WHERE u.id = d.app_user AND u.tenant_id = @tenantId AND u.user_id = @userId AND d.public_key_thumbprint = @thumbprint
              AND d.created_at <= @linkedUntil
            RETURNING d.id, d.device_id, d.public_key_thumbprint, d.app_user
            """,
            new { tenantId, userId, thumbprint = thumbprint.ToBytes(), linkedUntil = linkedUntil.UtcDateTime },
            transaction,
            cancellationToken: cancellationToken))).AsList();
        if (removed.Count == 0)
        {
            return;
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        Forget(batch, tenantId, userId, removed[0].User, [.. removed.Select(device => new RemovedDevice(device.Row, device.DeviceId, device.Thumbprint))]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private void Forget(NpgsqlBatch batch, Guid tenantId, Guid userId, Guid user, params ReadOnlySpan<RemovedDevice> devices)
    {
        var forget = new NpgsqlBatchCommand("DELETE FROM app_user WHERE id = $1 AND NOT EXISTS (SELECT FROM user_device WHERE app_user = $1)");
        forget.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = user });
        batch.BatchCommands.Add(forget);
        foreach (var device in devices)
        {
            outbox.Add(batch, Aggregate.Of(tenantId, userId), new DeviceUnpaired
            {
                TenantId = tenantId,
                UserId = userId,
                DeviceReference = DeviceReference.Of(device.Row),
                DeviceId = device.DeviceId,
                PublicKeyThumbprint = KeyThumbprint.FromBytes(device.Thumbprint).ToString(),
                OccurredAt = clock.GetUtcNow(),
            });
        }
    }

    private sealed record RemovedDevice(Guid Row, string DeviceId, byte[] Thumbprint);
}
