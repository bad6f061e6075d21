namespace DeviceRegistry.Contracts.V1;

/// <summary>A device has enrolled in a group; it waits for the group's key.</summary>
public sealed record DeviceRegistered
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The device.</summary>
    public required Guid DeviceId { get; init; }

    /// <summary>The device's owner: the <c>sub</c> of his tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>What the owner calls it, 1–100 characters.</summary>
    public required string DeviceName { get; init; }

    /// <summary>What kind it is, such as <c>ios</c> or <c>web</c>: 1–32 of <c>a</c>–<c>z</c>, <c>0</c>–<c>9</c>, <c>_</c>, <c>-</c>.</summary>
    public required string DeviceType { get; init; }

    /// <summary>SHA-256 of the device key's SubjectPublicKeyInfo (DER), base64url without padding, 43 characters.</summary>
    public required string PublicKeyThumbprint { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose clock or event led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
