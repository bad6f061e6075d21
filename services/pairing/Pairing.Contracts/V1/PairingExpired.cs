namespace Pairing.Contracts.V1;

/// <summary>A pairing has reached its end of life before a phone was linked. Delivered at least once.</summary>
public sealed record PairingExpired
{
    /// <summary>The tenant that the user belongs to.</summary>
    public required Guid TenantId { get; init; }

    /// <summary>The user that was not linked by this pairing.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The pairing: claim <c>jti</c> of its token.</summary>
    public required Guid Jti { get; init; }

    /// <summary>The first second at which the pairing could no longer be used (UTC); the sweep came a little later.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
