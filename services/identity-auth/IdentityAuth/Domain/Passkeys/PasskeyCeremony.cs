using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Domain.Passkeys;

/// <summary>A credential that has just been made.</summary>
/// <param name="Id">Its id, 1–1023 bytes, chosen by the authenticator.</param>
/// <param name="PublicKey">Its COSE_Key.</param>
/// <param name="SignCount">The authenticator's counter, 0 if it does not count.</param>
/// <param name="BackupEligible">Whether it may be copied to other devices.</param>
public sealed record NewCredential(byte[] Id, byte[] PublicKey, uint SignCount, bool BackupEligible);

/// <summary>What is kept of a credential and decides about an assertion.</summary>
public sealed record KnownCredential(byte[] PublicKey, uint SignCount, bool BackupEligible);

/// <summary>
/// The two ceremonies of WebAuthn Level 3: registering a credential (§7.1) and verifying an assertion (§7.2), with user verification
/// required. The steps carry the numbers of the specification.
/// </summary>
/// <remarks>
/// The framework's own <c>PasskeyHandler</c> is not used: it needs a <c>UserManager</c> with its stores, keeps the challenge in a cookie
/// instead of a store that gives it out once, and knows no Ed25519.
/// </remarks>
public sealed class PasskeyCeremony(string rpId, IEnumerable<string> origins)
{
    private readonly byte[] _rpIdHash = SHA256.HashData(Encoding.UTF8.GetBytes(rpId));
    private readonly HashSet<string> _origins = new(origins, StringComparer.Ordinal);

    /// <summary>§7.1 from step 5: checks what a browser sends after <c>navigator.credentials.create()</c>.</summary>
    /// <param name="challenge">The challenge that was given out, base64url.</param>
    /// <returns>The credential, or <see langword="null"/> if anything is wrong. Whether its id is known already is for the caller (step 26).</returns>
    public NewCredential? Register(AttestationResponse response, string challenge)
    {
        // 5–12. Type, challenge, origin.
        if (!IsExpected(ClientData.TryRead(response.ClientDataJson), ClientData.Create, challenge))
        {
            return null;
        }

        // 13–18. RP id, user presence and verification, backup bits.
        if (AttestationObject.TryReadAuthenticatorData(response.AttestationObject) is not { } bytes
            || AuthenticatorData.TryRead(bytes) is not { } data
            || !IsAcceptable(data))
        {
            return null;
        }

        // 19. The key has one of the algorithms that were offered. 24, 25. No attestation was asked for.
        return data.CredentialId is { } id && id.Span.SequenceEqual(response.CredentialId) && CoseKey.TryRead(data.PublicKey) is not null
            ? new NewCredential(id.ToArray(), data.PublicKey.ToArray(), data.SignCount, data.BackupEligible)
            : null;
    }

    /// <summary>§7.2 from step 9: checks what a browser sends after <c>navigator.credentials.get()</c>.</summary>
    /// <param name="challenge">The challenge that was given out, base64url.</param>
    /// <param name="credential">The credential whose id the browser sent.</param>
    /// <returns>The counter to store, or <see langword="null"/> if anything is wrong.</returns>
    public uint? Verify(AssertionResponse response, string challenge, KnownCredential credential)
    {
        // 10–14. Type, challenge, origin.
        if (!IsExpected(ClientData.TryRead(response.ClientDataJson), ClientData.Get, challenge))
        {
            return null;
        }

        // 15–19. RP id, user presence and verification, backup bits; eligibility never changes.
        if (AuthenticatorData.TryRead(response.AuthenticatorData) is not { } data
            || !IsAcceptable(data)
            || data.BackupEligible != credential.BackupEligible)
        {
            return null;
        }

        // 20, 21. The signature covers the authenticator data and the hash of the client data.
        var authenticatorData = response.AuthenticatorData;
        var signed = new byte[authenticatorData.Length + SHA256.HashSizeInBytes];
        authenticatorData.CopyTo(signed.AsSpan());
        SHA256.HashData(response.ClientDataJson, signed.AsSpan(authenticatorData.Length));
        if (CoseKey.TryRead(credential.PublicKey)?.Verify(signed, response.Signature) != true)
        {
            return null;
        }

        // 22. A counter that does not grow means a copied authenticator; 0 on both sides means that it does not count.
        return data.SignCount > credential.SignCount || (data.SignCount == 0 && credential.SignCount == 0) ? data.SignCount : null;
    }

    private bool IsExpected(ClientData? client, string type, string challenge)
        => client is not null
            && client.Type == type
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(client.Challenge), Encoding.UTF8.GetBytes(challenge))
            && _origins.Contains(client.Origin)
            && !client.IsCrossOrigin;

    private bool IsAcceptable(AuthenticatorData data)
        => data.RpIdHash.Span.SequenceEqual(_rpIdHash)
            && data is { UserPresent: true, UserVerified: true }
            && (data.BackupEligible || !data.BackedUp);
}
