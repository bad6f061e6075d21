namespace DeviceRegistry.Contracts.V1;

/// <summary>A device of a group has lost its membership of the group's key for good; its row stays as a record.</summary>
public sealed record DeviceRevoked
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The group's name; for phones that were paired it is the tenant's id.</summary>
    public required string GroupName { get; init; }

    /// <summary>The device.</summary>
    public required Guid DeviceId { get; init; }

    /// <summary>The device's owner: the <c>sub</c> of his tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>SHA-256 of the device key's SubjectPublicKeyInfo (DER), base64url without padding, 43 characters.</summary>
    public required string PublicKeyThumbprint { get; init; }

    /// <summary>The session on which the device was registered (claim <c>sid</c> of the token), when there was one.</summary>
    public string? SessionId { get; init; }

    /// <summary>Who revoked it: the <c>sub</c> of the administrator, or the name of the service whose event led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
