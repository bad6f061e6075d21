using ScopeSigning.Signing;

namespace ScopeSigning.Domain;

/// <summary>A scope token of our real issuer, verified.</summary>
/// <param name="Value">The address or number as it stands in the token.</param>
internal sealed record IssuedScope(string Scope, string Value, long IssuedAt);

/// <summary>Verifies the scope tokens that a person hands in to have them bound to the key.</summary>
internal sealed class IssuedScopeVerifier(IssuerIdentity identity, IssuerKeyRing keys, TimeProvider clock)
{
    private static readonly string[] AcceptedTypes = [ScopeTokenIssuer.TokenType];

    /// <summary>
    /// Refuses whatever is not signed by a published key of the real issuer (test issuer and authorities are others), is not
    /// about <paramref name="subject"/>, is expired, or is no e-mail or phone scope.
    /// </summary>
    public IssuedScope? Verify(string text, SubjectKey subject)
    {
        if (CompactToken.Parse(text, AcceptedTypes, typeRequired: true).IsRefused(out _, out var token)
            || token.KeyId is not { } kid
            || keys.FindReal(kid) is not { } key
            || !Ed25519.Verify(key, token.SigningInput, token.Signature)
            || TokenTimes.Read(token.Payload).IsRefused(out _, out var times)
            || times.Expires is null
            || times.IssuedAt is null
            || !times.AreFresh(clock.GetUtcNow(), ScopeTokenIssuer.LongestLifetime)
            || Text(token, "iss") != identity.Issuer
            || Text(token, "sub") != subject.Text)
        {
            return null;
        }

        return Text(token, "scope") switch
        {
            ScopeKind.Email when EmailAddress.TryParse(Text(token, "email"), out var email) => new IssuedScope(ScopeKind.Email, email.Text, times.IssuedAt.Value),
            ScopeKind.Phone when PhoneNumber.TryParse(Text(token, "phone"), out var phone) => new IssuedScope(ScopeKind.Phone, phone.Text, times.IssuedAt.Value),
            _ => null,
        };
    }

    private static string? Text(CompactToken token, string name)
        => token.Payload.TryGetProperty(name, out var member) ? member.StringOrNull() : null;
}
