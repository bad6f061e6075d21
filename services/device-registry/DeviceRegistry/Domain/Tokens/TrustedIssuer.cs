using ServiceDefaults.Jose;

namespace DeviceRegistry.Domain.Tokens;

/// <summary>Where the public keys of an issuer come from.</summary>
public interface IVerificationKeys
{
    /// <summary>The issuer's key with that <c>kid</c>, or <see langword="null"/>.</summary>
    ValueTask<VerificationKey?> FindAsync(string keyId, CancellationToken cancellationToken);
}

/// <summary>Somebody whose tokens are accepted (contract §1.2).</summary>
/// <param name="Name">Claim <c>iss</c>, compared exactly; decides the key set.</param>
/// <param name="Audience">What claim <c>aud</c> has to contain.</param>
/// <param name="Algorithms">The only algorithms that are accepted from it.</param>
/// <param name="IdentityPrefix">Stands before its subjects, so that those of two issuers do not meet.</param>
/// <param name="VouchesForEmail">Whether it tells an e-mail address only when it is verified; otherwise claim <c>email_verified</c> counts.</param>
/// <param name="Keys">Its public keys.</param>
public sealed record TrustedIssuer(
    string Name, string Audience, IReadOnlyList<string> Algorithms, string IdentityPrefix, bool VouchesForEmail, IVerificationKeys Keys);
