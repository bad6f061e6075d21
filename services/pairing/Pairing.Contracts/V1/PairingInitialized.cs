namespace Pairing.Contracts.V1;

/// <summary>A phone has presented the pairing's token and announced its public key; it holds the nonce now.</summary>
public sealed record PairingInitialized
{
    /// <summary>The tenant that the user belongs to.</summary>
    public required Guid TenantId { get; init; }

    /// <summary>The user that the phone wants to be linked to.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The pairing: claim <c>jti</c> of its token.</summary>
    public required Guid Jti { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
