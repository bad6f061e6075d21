namespace DeviceRegistry.Domain;

/// <summary>The roles that a member can have in a group. Others are stored and returned, but mean nothing here.</summary>
public static class MemberRole
{
    /// <summary>May rotate, revoke, delete, and manage members.</summary>
    public const string GroupAdministrator = "group-admin";
}
