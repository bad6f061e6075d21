namespace DeviceRegistry.Domain;

/// <summary>A row of a group's members: it decides, whatever the token says (contract §1.2).</summary>
/// <param name="IsActive">Otherwise removed.</param>
/// <param name="Roles">His roles in the group.</param>
public sealed record MemberRow(bool IsActive, IReadOnlyList<string> Roles);

/// <summary>Whom an operation is for (contract §1.2).</summary>
public enum GroupRequirement
{
    /// <summary>A member of the group.</summary>
    Member,

    /// <summary>A member, or a global administrator: reading.</summary>
    MemberOrGlobalAdministrator,

    /// <summary>A member, or an administrator of this group.</summary>
    MemberOrGroupAdministrator,

    /// <summary>An administrator of this group, or a global one.</summary>
    Administrator,
}

/// <summary>What a caller is to a group.</summary>
/// <param name="Row">His row, if he has one; otherwise his token decides.</param>
/// <param name="Requirement">Whom the operation is for.</param>
public sealed record GroupAccess(Caller Caller, Group Group, MemberRow? Row, GroupRequirement Requirement)
{
    public bool IsMember => Row?.IsActive ?? Caller.Groups.Contains(Group.Name);

    /// <summary>Whether he administers this group by a role in it.</summary>
    public bool IsGroupAdministrator
        => Row is null ? Caller.AdministeredGroups.Contains(Group.Name) : Row.IsActive && Row.Roles.Contains(MemberRole.GroupAdministrator);

    /// <summary>Whether the operation is for him.</summary>
    public bool IsGranted => Requirement switch
    {
        GroupRequirement.Member => IsMember,
        GroupRequirement.MemberOrGlobalAdministrator => IsMember || Caller.IsGlobalAdministrator,
        GroupRequirement.MemberOrGroupAdministrator => IsMember || IsGroupAdministrator,
        GroupRequirement.Administrator => IsGroupAdministrator || Caller.IsGlobalAdministrator,
        _ => false,
    };
}
