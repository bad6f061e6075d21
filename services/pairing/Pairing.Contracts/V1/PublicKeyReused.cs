namespace Pairing.Contracts.V1;

/// <summary>A phone has announced a public key that other users' devices already hold.</summary>
public sealed record PublicKeyReused
{
    /// <summary>The tenant that the user belongs to.</summary>
    public required Guid TenantId { get; init; }

    /// <summary>The user that the announcing phone wants to be linked to.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The pairing in which the key was announced: claim <c>jti</c> of its token.</summary>
    public required Guid Jti { get; init; }

    /// <summary>SHA-256 of the key's SubjectPublicKeyInfo (DER), base64url without padding, 43 characters.</summary>
    public required string PublicKeyThumbprint { get; init; }

    /// <summary>How many other users are linked to a device with this key, at least 1.</summary>
    public required int OtherUsers { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
