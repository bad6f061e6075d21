namespace Pairing.Contracts.V1;

/// <summary>A tenant has removed a linked phone. A user without any phone can be paired again.</summary>
public sealed record DeviceUnpaired
{
    /// <summary>The tenant that the user belongs to.</summary>
    public required Guid TenantId { get; init; }

    /// <summary>The user, as the tenant names him.</summary>
    public required Guid UserId { get; init; }

    /// <summary>Where pairing kept the device, as in <see cref="DevicePaired.DeviceReference"/>.</summary>
    public required string DeviceReference { get; init; }

    /// <summary>The name that the phone chose for itself, 1–128 characters.</summary>
    public required string DeviceId { get; init; }

    /// <summary>SHA-256 of the key's SubjectPublicKeyInfo (DER), base64url without padding, 43 characters.</summary>
    public required string PublicKeyThumbprint { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
