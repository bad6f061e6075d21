namespace Pairing.Domain;

/// <summary>What a verified pairing token says (contract §2.3).</summary>
/// <param name="Issuer">Claim <c>iss</c>: this service, or a configured realm.</param>
/// <param name="Jti">The pairing.</param>
/// <param name="TenantId">The tenant: claim <c>tenantId</c>, or the realm's configuration.</param>
/// <param name="UserId">The user that the phone is to be linked to.</param>
/// <param name="ExpiresAt">Claim <c>exp</c> in whole seconds since the epoch.</param>
/// <param name="Username">A realm's <c>preferred_username</c>; our own tokens carry no name.</param>
/// <param name="IsFromRealm">Whether a realm signed it: then the first init makes the pairing's state.</param>
public sealed record PairingToken(
    string Issuer, Guid Jti, Guid TenantId, Guid UserId, long ExpiresAt, string? Username, bool IsFromRealm);
