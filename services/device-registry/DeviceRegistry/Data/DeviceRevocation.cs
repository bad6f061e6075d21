using DeviceRegistry.Domain;
using Npgsql;

namespace DeviceRegistry.Data;

/// <summary>Shuts a device out for good (contract §5.20): part of a change of its group.</summary>
internal static class DeviceRevocation
{
    private const string OpenRequest = "SELECT request_id FROM key_requests WHERE device_id = $1 AND status = 'pending' AND expires_at > $2";

    private const string RejectRequest = "UPDATE key_requests SET status = 'rejected', decided_at = $2 WHERE request_id = $1";

    private const string Revoke = """
        UPDATE devices SET status = 'revoked', wrapped_key = NULL, sender_public_key = NULL, wrapped_key_version = 0, acked_key_version = 0,
            push_token = NULL, push_token_mac = NULL, push_platform = NULL, push_reference = NULL, updated_at = $2
        WHERE device_id = $1
        """;

    /// <summary>Revokes the device, with what belongs to it: wrapped key, counters, push token, its open key request.</summary>
    /// <param name="device">As it is under the group's lock.</param>
    /// <returns>Whether anything is to be done; not so when it was revoked before.</returns>
    public static async Task<bool> AddAsync(GroupTransaction change, Device device, CancellationToken cancellationToken)
    {
        if (device.Status == DeviceStatus.Revoked)
        {
            return false;
        }

        await using (var command = new NpgsqlCommand(OpenRequest, change.Connection) { Parameters = { Sql.Value(device.Id), Sql.Value(change.Now) } })
        {
            if (await command.ExecuteScalarAsync(cancellationToken) is Guid request)
            {
                change.Writes.Add(RejectRequest, Sql.Value(request), Sql.Value(change.Now));
                change.Effects.KeyRequestRejected(request, device.Id);
            }
        }

        change.Writes.Add(Revoke, Sql.Value(device.Id), Sql.Value(change.Now));
        change.Effects.DeviceRevoked(device);
        return true;
    }
}
