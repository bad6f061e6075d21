using System.Collections.Frozen;

namespace DeviceRegistry.Domain;

/// <summary>Who calls, as the token says (contract §1.2).</summary>
public sealed record Caller
{
    /// <summary>Global roles of an administrator of everything.</summary>
    private static readonly FrozenSet<string> AdministratorRoles = FrozenSet.Create(StringComparer.Ordinal, "sysadmin", "admin");

    /// <summary>The identity: claim <c>sub</c>, with the issuer's prefix if it has one.</summary>
    public required string Identity { get; init; }

    /// <summary>His e-mail address, when the issuer has verified it.</summary>
    public string? VerifiedEmail { get; init; }

    /// <summary>For display.</summary>
    public string? FirstName { get; init; }

    /// <summary>For display.</summary>
    public string? LastName { get; init; }

    /// <summary>Whether he administers every group.</summary>
    public bool IsGlobalAdministrator { get; init; }

    /// <summary>Names of the groups that the token makes him a member of.</summary>
    public required FrozenSet<string> Groups { get; init; }

    /// <summary>Names of the groups that the token makes him administrator of.</summary>
    public required FrozenSet<string> AdministeredGroups { get; init; }

    /// <summary>The session that the token was made for: claim <c>sid</c>.</summary>
    public string? SessionId { get; init; }

    /// <summary>When the token ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether one of these global roles makes an administrator of everything.</summary>
    public static bool IsAdministrator(IEnumerable<string> roles) => roles.Any(AdministratorRoles.Contains);
}
