using DeviceRegistry.Domain;

namespace DeviceRegistry.Data;

/// <summary>A rotation's statements, and what it tells.</summary>
internal static class RotationChanges
{
    private const string Hand = """
        UPDATE devices d SET wrapped_key = n.wrapped_key, sender_public_key = n.sender_public_key, wrapped_key_version = $4, updated_at = $5
        FROM unnest($1, $2, $3) AS n(device_id, wrapped_key, sender_public_key)
        WHERE d.device_id = n.device_id
        """;

    private const string Withhold = """
        UPDATE devices SET wrapped_key = NULL, sender_public_key = NULL, wrapped_key_version = 0, updated_at = $3
        WHERE group_id = $1 AND status = 'active' AND NOT device_id = ANY($2)
        """;

    private const string Rotate = "UPDATE groups SET key_version = $2, last_rotated_at = $3 WHERE id = $1";

    private const string Log = """
        INSERT INTO rotation_log (group_id, key_version, actor, reason, devices_updated, devices_pending, rotated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
        """;

    /// <param name="sender">The key of the caller's device, for entries that do not say.</param>
    /// <param name="version">The new one.</param>
    /// <param name="pending">How many active devices are left out.</param>
    public static void Apply(GroupTransaction change, KeyRotation rotation, byte[] sender, long version, int pending)
    {
        var ids = rotation.Entries.Select(entry => entry.DeviceId!.Value).ToArray();
        change.Writes.Add(
            Hand,
            Sql.Values(ids),
            Sql.Values(rotation.Entries.Select(entry => entry.WrappedKey)),
            Sql.Values(rotation.Entries.Select(entry => entry.SenderPublicKey ?? sender)),
            Sql.Value(version),
            Sql.Value(change.Now));
        change.Writes.Add(Withhold, Sql.Value(change.Group.Id), Sql.Values(ids), Sql.Value(change.Now));
        change.Writes.Add(Rotate, Sql.Value(change.Group.Id), Sql.Value(version), Sql.Value(change.Now));
        change.Writes.Add(
            Log,
            Sql.Value(change.Group.Id), Sql.Value(version), Sql.Value(change.Actor), Sql.Value(rotation.Reason), Sql.Value(ids.Length), Sql.Value(pending),
            Sql.Value(change.Now));
        change.Effects.GroupKeyRotated(version, ids, pending, rotation.Reason);
    }
}
