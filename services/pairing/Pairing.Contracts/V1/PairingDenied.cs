namespace Pairing.Contracts.V1;

/// <summary>A pairing has ended without a link: another one took its place, or the phone's proof was refused.</summary>
public sealed record PairingDenied
{
    /// <summary>The tenant that the user belongs to.</summary>
    public required Guid TenantId { get; init; }

    /// <summary>The user that was not linked by this pairing.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The pairing: claim <c>jti</c> of its token.</summary>
    public required Guid Jti { get; init; }

    /// <summary>
    /// <c>superseded</c>, <c>signature_invalid</c>, <c>data_token_invalid</c>, <c>user_already_paired</c> or
    /// <c>public_key_invalid</c>; more may be added.
    /// </summary>
    public required string Reason { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
