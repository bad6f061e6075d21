namespace Pairing.Contracts.V1;

/// <summary>
/// A phone has proved that it holds its private key and is linked to its user for good. Carries what a consumer needs to
/// register the device without calling back.
/// </summary>
public sealed record DevicePaired
{
    /// <summary>The tenant that the user belongs to.</summary>
    public required Guid TenantId { get; init; }

    /// <summary>The user, as the tenant names him: the <c>sub</c> of the tenant's own token issuer.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The pairing: claim <c>jti</c> of its token.</summary>
    public required Guid Jti { get; init; }

    /// <summary>Where pairing keeps the device, <c>pairing:&lt;uuid&gt;</c>: names the device's push token without telling it.</summary>
    public required string DeviceReference { get; init; }

    /// <summary>The name that the phone chose for itself, 1–128 characters, such as <c>android:&lt;id&gt;</c>.</summary>
    public required string DeviceId { get; init; }

    /// <summary>What the user calls the phone, 1–128 characters.</summary>
    public required string DisplayName { get; init; }

    /// <summary><c>ANDROID</c> or <c>IOS</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>The phone's P-256 key: SubjectPublicKeyInfo in DER, uncompressed point, base64url without padding, 122 characters.</summary>
    public required string PublicKey { get; init; }

    /// <summary>SHA-256 of <see cref="PublicKey"/>'s bytes, base64url without padding, 43 characters.</summary>
    public required string PublicKeyThumbprint { get; init; }

    /// <summary>Whether the phone left a push token that a push service can take (printable ASCII without spaces).</summary>
    public required bool HasPushToken { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
