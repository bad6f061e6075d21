using System.Text;
using System.Text.Json;

namespace ScopeSigning.Domain;

/// <summary>A compact JWS (RFC 7515 §3.1), taken apart and not yet verified: steps 1–6 of the token rules.</summary>
internal sealed class CompactToken
{
    public const int MaximumLength = 8192;

    private const string UnderstoodAlgorithm = "EdDSA";

    /// <summary>
    /// Members that would change how the token is verified or read. None is understood, and a verifier that skips one of them
    /// checks something else than the signer meant (RFC 7515 §4.1.11, RFC 7797 §6, RFC 8725 §3.10).
    /// </summary>
    private static readonly string[] RefusedMembers = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"];

    private CompactToken(JsonElement header, JsonElement payload, byte[] signingInput, byte[] signature)
    {
        Header = header;
        Payload = payload;
        SigningInput = signingInput;
        Signature = signature;
    }

    public JsonElement Header { get; }

    /// <summary>Parsed from the very bytes that <see cref="SigningInput"/> carries.</summary>
    public JsonElement Payload { get; }

    /// <summary>The ASCII bytes <c>part1.part2</c> as received.</summary>
    public byte[] SigningInput { get; }

    public byte[] Signature { get; }

    /// <summary>The header's <c>kid</c>, if it is a string.</summary>
    public string? KeyId => Header.TryGetProperty("kid", out var kid) ? kid.StringOrNull() : null;

    /// <param name="acceptedTypes">Values of the header's <c>typ</c>, compared ignoring case (RFC 7515 §4.1.9).</param>
    /// <param name="typeRequired">Whether a token without <c>typ</c> is refused.</param>
    public static Outcome<CompactToken> Parse(string text, IReadOnlyList<string> acceptedTypes, bool typeRequired = false)
    {
        // 1. Exactly two dots, a bounded length, a header and a payload. A JWE has five parts.
        if (text.Length > MaximumLength)
        {
            return ScopeSigningProblems.Malformed("The token has more than 8192 characters.");
        }

        var span = text.AsSpan();
        Span<Range> parts = stackalloc Range[4];
        if (span.Split(parts, '.') != 3 || span[parts[0]].IsEmpty || span[parts[1]].IsEmpty)
        {
            return ScopeSigningProblems.Malformed("The token is not a compact JWS of three parts.");
        }

        // 2. Each part is base64url in its only spelling.
        if (!Base64UrlText.TryDecode(span[parts[0]], out var headerBytes)
            || !Base64UrlText.TryDecode(span[parts[1]], out var payloadBytes)
            || !Base64UrlText.TryDecode(span[parts[2]], out var signature))
        {
            return ScopeSigningProblems.Malformed("A part of the token is not base64url without padding.");
        }

        // 3. The header is a JSON object.
        if (!StrictJson.TryParseObject(headerBytes, StrictJson.TokenDepth, out var header))
        {
            return ScopeSigningProblems.Malformed("The token's header is not a JSON object with unique member names.");
        }

        // 4. One algorithm, fixed before a key is chosen: the public key can never serve as an HMAC key (RFC 8725 §3.1).
        if (!header.TryGetProperty("alg", out var algorithm) || algorithm.StringOrNull() != UnderstoodAlgorithm)
        {
            return ScopeSigningProblems.BadHeader;
        }

        // 5. Nothing in the header changes the meaning of the rest, and the type is the expected one (RFC 8725 §3.11).
        if (RefusedMembers.Any(member => header.TryGetProperty(member, out _)) || !HasAcceptedType(header, acceptedTypes, typeRequired))
        {
            return ScopeSigningProblems.BadHeader;
        }

        // 6. The payload is a JSON object.
        if (!StrictJson.TryParseObject(payloadBytes, StrictJson.TokenDepth, out var payload))
        {
            return ScopeSigningProblems.Malformed("The token's payload is not a JSON object with unique member names.");
        }

        var signingInput = Encoding.ASCII.GetBytes(text, 0, text.LastIndexOf('.'));
        return new CompactToken(header, payload, signingInput, signature);
    }

    private static bool HasAcceptedType(JsonElement header, IReadOnlyList<string> acceptedTypes, bool typeRequired)
        => header.TryGetProperty("typ", out var type)
            ? type.StringOrNull() is { } name && acceptedTypes.Contains(name, StringComparer.OrdinalIgnoreCase)
            : !typeRequired;
}
