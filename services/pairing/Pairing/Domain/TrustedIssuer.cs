using ServiceDefaults.Jose;

namespace Pairing.Domain;

/// <summary>Where the public keys of an issuer come from.</summary>
public interface IVerificationKeys
{
    /// <summary>The issuer's key with that <c>kid</c>, or <see langword="null"/>.</summary>
    ValueTask<VerificationKey?> FindAsync(string keyId, CancellationToken cancellationToken);
}

/// <summary>Somebody whose pairing tokens are accepted (contract §2.2).</summary>
/// <param name="Name">Claim <c>iss</c>, compared exactly; decides the key set.</param>
/// <param name="Audience">What claim <c>aud</c> has to contain.</param>
/// <param name="Algorithms">The only algorithms that are accepted from it.</param>
/// <param name="TenantId">The tenant for which a realm may speak; <see langword="null"/> for this service itself.</param>
/// <param name="Keys">Its public keys.</param>
public sealed record TrustedIssuer(
    string Name, string Audience, IReadOnlyList<string> Algorithms, Guid? TenantId, IVerificationKeys Keys)
{
    public bool IsRealm => TenantId is not null;
}

/// <summary>This service's own keys, as those of an issuer.</summary>
public sealed class LocalVerificationKeys(KeyRing keys) : IVerificationKeys
{
    public ValueTask<VerificationKey?> FindAsync(string keyId, CancellationToken cancellationToken)
        => ValueTask.FromResult(keys.FindVerificationKey(keyId));
}
