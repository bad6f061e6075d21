using System.Text.Json;

namespace ScopeSigning.Domain;

/// <summary>The claims of the API's model PushToken.</summary>
/// <param name="Issuer">Where the token comes from: an absolute URI, neither fetched nor trusted.</param>
/// <param name="Audience">The one audience, or <see langword="null"/> when it is missing or not one string.</param>
internal sealed record PushToken(string Issuer, string? Audience);

/// <summary>Reads the claims for <c>POST /login</c>.</summary>
internal sealed class PushTokenProfile : TokenProfile<PushToken>
{
    public static PushTokenProfile Instance { get; } = new();

    /// <summary>A website keeps a push token until the person signs in again.</summary>
    public override TimeSpan MaximumLifetime => TimeSpan.FromDays(90);

    public override bool IsPushToken => true;

    public override Outcome<PushToken> ReadClaims(JsonElement payload)
    {
        var issuer = payload.TryGetProperty("iss", out var element) ? element.StringOrNull() : null;
        if (issuer is null || !IsAbsoluteUri(issuer))
        {
            return ScopeSigningProblems.Malformed("'iss' is required: an absolute URI.");
        }

        return new PushToken(
            issuer,
            payload.TryGetProperty("aud", out var audience) ? SelfSignedTokenVerifier.SingleAudience(audience) : null);
    }

    /// <summary>RFC 3986 §4.3, by its scheme. <see cref="Uri"/> would take a path on this machine for an absolute URI.</summary>
    private static bool IsAbsoluteUri(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && colon < text.Length - 1
            && char.IsAsciiLetter(text[0])
            && text.AsSpan(0, colon).IndexOfAnyExcept(SchemeCharacters) < 0
            && !text.Any(static c => c is <= ' ' or '\u007f')
            && Uri.TryCreate(text, UriKind.Absolute, out _);
    }

    private static readonly System.Buffers.SearchValues<char> SchemeCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");
}
