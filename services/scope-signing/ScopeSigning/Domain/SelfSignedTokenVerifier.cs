using System.Text.Json;
using ScopeSigning.Signing;

namespace ScopeSigning.Domain;

/// <summary>
/// The rules for every body that a person's app sends, in the order of the contract; the first failure is the answer. Steps 1–13
/// stand here; 14 (path and audience), 15 (the key is live) and 16 (single use) need the operation and the stores.
/// </summary>
internal sealed class SelfSignedTokenVerifier(IssuerIdentity identity, TimeProvider clock)
{
    public const int MaximumIssuerLength = 512;
    public const int MaximumJwtIdLength = 128;

    private static readonly string[] AcceptedTypes = ["JWT", "application/jwt"];

    public Outcome<SelfSignedToken<TClaims>> Verify<TClaims>(string text, TokenProfile<TClaims> profile)
        where TClaims : class
    {
        // 1-6. Form, algorithm, header.
        if (CompactToken.Parse(text, AcceptedTypes).IsRefused(out var refusal, out var token))
        {
            return refusal;
        }

        var payload = token.Payload;

        // 7. 'sub' is 32 bytes in base64url.
        if (!payload.TryGetProperty("sub", out var sub) || !SubjectKey.TryParse(sub.StringOrNull(), out var subject))
        {
            return ScopeSigningProblems.Malformed("'sub' is required: a public key of 43 base64url characters.");
        }

        // 8-9. They are a usable key, and the signature is theirs, over the bytes as received.
        if (!Ed25519.Verify(subject.Bytes, token.SigningInput, token.Signature))
        {
            return ScopeSigningProblems.BadSignature;
        }

        // 10. Types and limits of the claims.
        if (TokenTimes.Read(payload).IsRefused(out refusal, out var times))
        {
            return refusal;
        }

        if (!TryReadText(payload, "jti", 1, MaximumJwtIdLength, out var jwtId))
        {
            return ScopeSigningProblems.Malformed("'jti' is a string of 1 to 128 characters.");
        }

        if (!TryReadText(payload, "iss", 0, MaximumIssuerLength, out var issuer))
        {
            return ScopeSigningProblems.Malformed("'iss' is a string of at most 512 characters.");
        }

        if (profile.ReadClaims(payload).IsRefused(out refusal, out var claims))
        {
            return refusal;
        }

        // 11. Time.
        if (!times.AreFresh(clock.GetUtcNow(), profile.MaximumLifetime))
        {
            return ScopeSigningProblems.NotTimely;
        }

        // 12. Issuer and audience. A token that claims to be ours is never a person's.
        if (identity.IsOneOfOurs(issuer)
            || (!profile.IsPushToken && ((issuer is not null && issuer != subject.Text) || !IsMeantForUs(payload))))
        {
            return ScopeSigningProblems.NotForUs;
        }

        // 13. Purpose: a token made for one operation cannot be used at another (RFC 8725 §3.12).
        if (!profile.TakesScope && payload.TryGetProperty("scope", out _))
        {
            return ScopeSigningProblems.OtherPurpose;
        }

        return new SelfSignedToken<TClaims>(subject, claims, times, jwtId, token.SigningInput);
    }

    private bool IsMeantForUs(JsonElement payload)
    {
        if (!payload.TryGetProperty("aud", out var audience))
        {
            return true;
        }

        var name = SingleAudience(audience);
        return name is not null && (name == identity.Issuer || name == identity.BaseUrl);
    }

    /// <summary>The audience when it is one string or an array of exactly one (RFC 7519 §4.1.3), else <see langword="null"/>.</summary>
    public static string? SingleAudience(JsonElement audience) => audience.ValueKind switch
    {
        JsonValueKind.String => audience.StringOrNull(),
        JsonValueKind.Array when audience.GetArrayLength() == 1 => audience[0].StringOrNull(),
        _ => null,
    };

    internal static bool TryReadText(JsonElement payload, string name, int minimum, int maximum, out string? text)
    {
        text = null;
        if (!payload.TryGetProperty(name, out var element))
        {
            return true;
        }

        text = element.StringOrNull();
        return text is not null && text.Length >= minimum && text.Length <= maximum;
    }
}
