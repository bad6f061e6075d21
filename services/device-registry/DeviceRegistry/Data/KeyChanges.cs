namespace DeviceRegistry.Data;

/// <summary>What happens to a group's key in a change.</summary>
internal static class KeyChanges
{
    private const string Initialize = """
        UPDATE groups SET key_version = $2, key_ready = true, initialized_by = COALESCE(initialized_by, $3), ever_active = ever_active OR $4 WHERE id = $1
        """;

    /// <summary>The version that the group's key has after it was made sure that there is one.</summary>
    public static long VersionOnceReady(GroupTransaction change) => Math.Max(change.Group.KeyVersion, 1);

    /// <summary>The group has a key, if it had none; and a device was active, if so.</summary>
    public static void MakeReady(GroupTransaction change, bool deviceIsActive)
    {
        var version = VersionOnceReady(change);
        change.Writes.Add(Initialize, Sql.Value(change.Group.Id), Sql.Value(version), Sql.Value(change.Actor), Sql.Value(deviceIsActive));
        if (!change.Group.KeyReady)
        {
            change.Effects.GroupKeyInitialized(version);
        }
    }
}
