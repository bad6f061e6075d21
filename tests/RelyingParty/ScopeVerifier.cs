using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace RelyingParty;

/// <summary>A fact about a person that its issuer vouches for.</summary>
/// <param name="Subject">The person's key. A copied token proves nothing: have the presenter sign a challenge with it.</param>
/// <param name="Scope"><c>email</c> or <c>phone</c>.</param>
/// <param name="Value">The address or number.</param>
public sealed record VerifiedScope(string Subject, string Scope, string Value, DateTimeOffset Expires);

/// <summary>
/// Verifies an issuer-signed scope token with nothing but the issuer's key set document, fetched once from its fixed URL and kept:
/// no call to the issuer, and nothing in the token says where to look for keys.
/// </summary>
public sealed partial class ScopeVerifier
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(60);

    private readonly string issuer;
    private readonly Dictionary<string, byte[]> keys;

    /// <param name="issuer">The one issuer that is trusted; never the test issuer.</param>
    /// <param name="keySet">The text of <c>{issuer}/.well-known/jwks.json</c>.</param>
    public ScopeVerifier(string issuer, string keySet)
    {
        this.issuer = issuer;
        using var document = JsonDocument.Parse(keySet);
        keys = document.RootElement.GetProperty("keys").EnumerateArray()
            .Where(key => key.GetProperty("kty").GetString() == "OKP" && key.GetProperty("crv").GetString() == "Ed25519")
            .ToDictionary(
                key => key.GetProperty("kid").GetString()!,
                key => Base64Url.DecodeFromChars(key.GetProperty("x").GetString()),
                StringComparer.Ordinal);
    }

    /// <summary>The fact, or why the token is refused.</summary>
    public (VerifiedScope? Scope, string? Refusal) Verify(string token, DateTimeOffset now)
    {
        try
        {
            var parts = token.Split('.');
            if (parts.Length != 3)
            {
                return (null, "not a compact token");
            }

            using var headerDocument = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
            var header = headerDocument.RootElement;

            // One algorithm and one type, before anything is believed.
            if (Text(header, "alg") != "EdDSA")
            {
                return (null, "wrong algorithm");
            }

            if (Text(header, "typ") != "scope+jwt")
            {
                return (null, "wrong type");
            }

            if (Text(header, "kid") is not { } kid || !keys.TryGetValue(kid, out var key))
            {
                return (null, "unknown key");
            }

            var message = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
            var signature = Base64Url.DecodeFromChars(parts[2]);
            if (signature.Length != 64 || VerifyDetached(signature, message, (ulong)message.Length, key) != 0)
            {
                return (null, "bad signature");
            }

            using var payloadDocument = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            return Read(payloadDocument.RootElement, now);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return (null, "malformed");
        }
    }

    private (VerifiedScope? Scope, string? Refusal) Read(JsonElement payload, DateTimeOffset now)
    {
        if (Text(payload, "iss") != issuer || payload.TryGetProperty("test", out _))
        {
            return (null, "wrong issuer");
        }

        var expires = DateTimeOffset.FromUnixTimeSeconds(payload.GetProperty("exp").GetInt64());
        if (now >= expires + Tolerance)
        {
            return (null, "expired");
        }

        if (now < DateTimeOffset.FromUnixTimeSeconds(payload.GetProperty("nbf").GetInt64()) - Tolerance)
        {
            return (null, "not valid yet");
        }

        var scope = Text(payload, "scope");
        var verified = scope switch { "email" => "email_verified", "phone" => "phone_number_verified", _ => null };
        if (verified is null || !payload.TryGetProperty(verified, out var flag) || flag.ValueKind != JsonValueKind.True)
        {
            return (null, "not verified");
        }

        return Text(payload, "sub") is { } subject && Text(payload, scope!) is { } value
            ? (new VerifiedScope(subject, scope!, value, expires), null)
            : (null, "malformed");
    }

    private static string? Text(JsonElement element, string name)
        => element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    [LibraryImport("libsodium.so.23", EntryPoint = "crypto_sign_verify_detached")]
    private static partial int VerifyDetached(
        ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> publicKey);
}
