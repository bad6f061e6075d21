using System.Text;
using System.Text.Json;

namespace ServiceDefaults.Jose;

/// <summary>Reads public keys in JWK form (RFC 7517, RFC 7518 §6).</summary>
public static class JsonWebKeys
{
    /// <summary>The fewest bits of an RSA modulus (RFC 7518 §3.3).</summary>
    private const int MinimumModulusBytes = 2048 / 8;

    /// <summary>The most: a verification's work grows with the square of it.</summary>
    private const int MaximumModulusBytes = 8192 / 8;

    /// <summary>Keys of a set beyond this number are not read.</summary>
    private const int MaximumKeys = 100;

    /// <summary>
    /// Reads a key set's verification keys by <c>kid</c>. Keys that are not for signatures, have no <c>kid</c>, are of another
    /// kind or malformed are passed over (RFC 7517 §5).
    /// </summary>
    /// <returns><see langword="null"/> when the text is no key set.</returns>
    public static IReadOnlyDictionary<string, VerificationKey>? ReadSet(ReadOnlyMemory<byte> json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException)
        {
            return null;
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("keys"u8, out var keys)
                || keys.ValueKind != JsonValueKind.Array)
            {
                return null;
            }

            var set = new Dictionary<string, VerificationKey>(StringComparer.Ordinal);
            foreach (var jwk in keys.EnumerateArray().Take(MaximumKeys))
            {
                if (jwk.ValueKind == JsonValueKind.Object && jwk.StringOrNull("kid"u8) is { Length: > 0 } keyId && Read(jwk) is { } key
                    && !set.TryAdd(keyId, key))
                {
                    key.Dispose();
                }
            }

            return set;
        }
    }

    /// <summary>Reads x and y of a P-256 key: 32 bytes each, base64url, a point on the curve.</summary>
    public static bool TryReadPoint(JsonElement jwk, out byte[] x, out byte[] y)
    {
        x = Member(jwk, "x"u8) ?? [];
        y = Member(jwk, "y"u8) ?? [];
        return P256.IsOnCurve(x, y);
    }

    private static VerificationKey? Read(JsonElement jwk)
    {
        // `use`, if present, has to say signature (RFC 7517 §4.2).
        if (jwk.Has("use"u8) && jwk.StringOrNull("use"u8) != "sig")
        {
            return null;
        }

        var algorithm = jwk.StringOrNull("alg"u8);
        if (algorithm is null && jwk.Has("alg"u8))
        {
            return null;
        }

        switch (jwk.StringOrNull("kty"u8))
        {
            case "EC" when jwk.StringOrNull("crv"u8) == "P-256" && TryReadPoint(jwk, out var x, out var y):
                return VerificationKey.FromPoint(x, y, algorithm);
            case "RSA" when Member(jwk, "n"u8) is { } n && Member(jwk, "e"u8) is { Length: >= 1 and <= 8 } e:
                n = n.AsSpan().TrimStart((byte)0).ToArray();
                return n.Length is >= MinimumModulusBytes and <= MaximumModulusBytes && (e[^1] & 1) == 1 && (n[^1] & 1) == 1
                    ? VerificationKey.FromModulus(n, e, algorithm)
                    : null;
            default:
                return null;
        }
    }

    private static byte[]? Member(JsonElement jwk, ReadOnlySpan<byte> name)
        => jwk.StringOrNull(name) is { } text ? Base64UrlText.Decode(Encoding.UTF8.GetBytes(text)) : null;
}
