namespace Pairing.Contracts.V1;

/// <summary>A tenant's login server has asked for a pairing; its token can now be shown as a QR code.</summary>
public sealed record PairingCreated
{
    /// <summary>The tenant that the user belongs to.</summary>
    public required Guid TenantId { get; init; }

    /// <summary>The user that the phone will be linked to, as the tenant names him.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The pairing: claim <c>jti</c> of its token.</summary>
    public required Guid Jti { get; init; }

    /// <summary><c>created</c>, or <c>recreated</c> when it took the place of an unfinished pairing.</summary>
    public required string Reason { get; init; }

    /// <summary>The first second at which the pairing can no longer be used (UTC).</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
