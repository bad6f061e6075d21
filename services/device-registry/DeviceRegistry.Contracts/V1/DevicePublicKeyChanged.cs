namespace DeviceRegistry.Contracts.V1;

/// <summary>A device has a new key pair; what was wrapped for the old one is gone.</summary>
public sealed record DevicePublicKeyChanged
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The device.</summary>
    public required Guid DeviceId { get; init; }

    /// <summary>The device's owner: the <c>sub</c> of his tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>SHA-256 of the device key's SubjectPublicKeyInfo (DER), base64url without padding, 43 characters.</summary>
    public required string PublicKeyThumbprint { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose clock or event led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
