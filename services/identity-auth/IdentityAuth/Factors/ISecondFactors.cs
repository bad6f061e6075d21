using System.Text.Json;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Factors;

/// <summary>What somebody offers as proof of a second factor.</summary>
/// <param name="Method"><c>totp</c>, <c>sms</c> or <c>webauthn</c>.</param>
/// <param name="Code">TOTP code, backup code (with <c>totp</c>) or SMS code.</param>
/// <param name="WebAuthnResponse">An assertion (contract §1.9).</param>
/// <param name="WebAuthnChallenge">The challenge that it answers.</param>
internal sealed record FactorProof(string Method, string? Code, JsonElement? WebAuthnResponse, string? WebAuthnChallenge)
{
    public override string ToString() => $"({Method})";
}

/// <summary>The second factors of accounts, as the rest of the service sees them.</summary>
internal interface ISecondFactors
{
    /// <summary>
    /// Checks a proof for sudo mode (contract §1.8) and spends it: a TOTP step, a backup code, an SMS code, a challenge of context
    /// <c>sudo</c>. Wrong, missing and inapplicable are the same.
    /// </summary>
    /// <param name="caller">The session that it is for.</param>
    /// <param name="user">The account, read for this request.</param>
    ValueTask<bool> VerifySudoAsync(Caller caller, User user, FactorProof proof, CancellationToken cancellationToken);

    /// <summary>
    /// Adds what removes every way into an account but its password to a transaction: factors, codes, security keys, links to single
    /// sign-on. The account's own row (<c>authenticators</c>, <c>phone</c>) is the caller's business.
    /// </summary>
    void AddRemoval(NpgsqlBatch batch, long userId);
}
