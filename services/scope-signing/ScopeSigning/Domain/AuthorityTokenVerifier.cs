using ScopeSigning.Signing;

namespace ScopeSigning.Domain;

/// <summary>What an authority's token has to be about.</summary>
internal sealed record ExpectedScope(string Subject, string Scope, bool Test);

/// <summary>An authority's token that passed; its value has to be compared in normal form yet.</summary>
internal sealed record AuthorityToken(string Issuer, long Expires, ScopeClaims Claims);

/// <summary>
/// Verifies the token with which an authority completes a job: the rules of self-signed tokens, except that the key is the
/// authority's, picked by <c>kid</c>, never the person's; nobody vouches for himself.
/// </summary>
internal sealed class AuthorityTokenVerifier(TimeProvider clock)
{
    private static readonly string[] AcceptedTypes = ["JWT", "application/jwt", ScopeTokenIssuer.TokenType];

    private static readonly TimeSpan MaximumLifetime = TimeSpan.FromDays(2 * 365);

    public Outcome<AuthorityToken> Verify(string text, ExpectedScope expected, IEnumerable<Authority> authorities)
    {
        // 1-6. Form, algorithm, header.
        if (CompactToken.Parse(text, AcceptedTypes).IsRefused(out var refusal, out var token))
        {
            return refusal;
        }

        // 8-9. The key of an authority that may sign this scope; test jobs have authorities of their own.
        var issuer = Text(token, "iss");
        var authority = authorities.FirstOrDefault(candidate
            => candidate.Issuer == issuer
                && candidate.Test == expected.Test
                && candidate.Scopes.Contains(expected.Scope)
                && token.KeyId is { } kid
                && candidate.Keys.TryGetValue(kid, out var key)
                && Ed25519.Verify(key, token.SigningInput, token.Signature));
        if (authority is null)
        {
            return ScopeSigningProblems.BadSignature;
        }

        // 10. Types of the claims.
        if (TokenTimes.Read(token.Payload).IsRefused(out refusal, out var times))
        {
            return refusal;
        }

        if (!SelfSignedTokenVerifier.TryReadText(token.Payload, "jti", 1, SelfSignedTokenVerifier.MaximumJwtIdLength, out var jwtId))
        {
            return ScopeSigningProblems.Malformed("'jti' is a string of 1 to 128 characters.");
        }

        // 11. Time; and all three are required, because the token lives long.
        if (jwtId is null || times.IssuedAt is null || times.Expires is null || !times.AreFresh(clock.GetUtcNow(), MaximumLifetime))
        {
            return ScopeSigningProblems.NotTimely;
        }

        // About this job's person, scope and value.
        if (Text(token, "sub") != expected.Subject || Text(token, "scope") != expected.Scope || ReadValue(token, expected.Scope) is not { } value)
        {
            return ScopeSigningProblems.OtherSubject;
        }

        return new AuthorityToken(authority.Issuer, times.Expires.Value, value);
    }

    private static ScopeClaims? ReadValue(CompactToken token, string scope) => scope switch
    {
        ScopeKind.Email when EmailAddress.TryParse(Text(token, "email"), out var email) => new ScopeClaims(scope, Channel.Email, email, null, null),
        ScopeKind.Phone when PhoneNumber.TryParse(Text(token, "phone"), out var phone) => new ScopeClaims(scope, Channel.Sms, null, phone, null),
        ScopeKind.Address when token.Payload.TryGetProperty("address", out var member) && PostalAddress.TryRead(member, out var address)
            => new ScopeClaims(scope, Channel.Letter, null, null, address),
        _ => null,
    };

    private static string? Text(CompactToken token, string name)
        => token.Payload.TryGetProperty(name, out var member) ? member.StringOrNull() : null;
}
