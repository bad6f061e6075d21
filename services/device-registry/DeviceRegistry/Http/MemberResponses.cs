using DeviceRegistry.Domain;

namespace DeviceRegistry.Http;

/// <summary>A member of a group, as far as the group knows him (contract §9).</summary>
public sealed record MemberResponse
{
    /// <summary>Missing while only his address is known.</summary>
    public string? Identity { get; init; }

    public string? Email { get; init; }

    public string? FirstName { get; init; }

    public string? LastName { get; init; }

    /// <summary>His global roles: always empty, they stand in his token only.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>The group that was asked for; of others nothing is told.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>His roles in it.</summary>
    public required IReadOnlyList<GroupRoleResponse> GroupRoles { get; init; }

    /// <summary><c>active</c>, <c>invited</c> (only his address is known) or <c>removed</c>.</summary>
    public required string State { get; init; }

    /// <summary>Whether the person behind it is known.</summary>
    public required bool Verified { get; init; }

    internal static MemberResponse Of(Member member, string group) => new()
    {
        Identity = member.Identity,
        Email = member.Email,
        FirstName = member.FirstName,
        LastName = member.LastName,
        Roles = [],
        Groups = member.IsActive ? [group] : [],
        GroupRoles = [.. member.Roles.Select(role => new GroupRoleResponse(group, null, role))],
        State = !member.IsActive ? "removed" : member.Identity is null ? "invited" : "active",
        Verified = member.Identity is not null,
    };
}

/// <summary>A role in a group.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="User">Whose, where it is not clear already.</param>
/// <param name="Role"><c>group-admin</c> is the one that means something here.</param>
public sealed record GroupRoleResponse(string Group, string? User, string Role);

/// <summary>Somebody's roles in a group.</summary>
/// <param name="User">His identity.</param>
public sealed record MemberRolesResponse(string User, IReadOnlyList<GroupRoleResponse> GroupRoles)
{
    internal static MemberRolesResponse Of(string identity, string group, IEnumerable<string> roles)
        => new(identity, [.. roles.Select(role => new GroupRoleResponse(group, identity, role))]);
}
