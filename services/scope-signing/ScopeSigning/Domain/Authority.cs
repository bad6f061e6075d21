using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using ScopeSigning.Signing;

namespace ScopeSigning.Domain;

/// <summary>An external signer of the settings, with its keys by <c>kid</c>.</summary>
internal sealed record Authority(
    string Id, string Issuer, IReadOnlySet<string> Scopes, IReadOnlyDictionary<string, byte[]> Keys, bool Test)
{
    public static bool TryCreate(AuthorityOptions options, [NotNullWhen(true)] out Authority? authority)
    {
        authority = null;
        var scopes = (options.Scopes ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
        if (scopes.Count == 0 || !scopes.All(ScopeKind.IsKnown) || !TryReadKeys(options.Jwks, out var keys))
        {
            return false;
        }

        authority = new Authority(options.Id ?? "", options.Issuer ?? "", scopes, keys, options.Test);
        return true;
    }

    /// <summary>RFC 8037 §2: <c>kty</c> OKP, <c>crv</c> Ed25519, <c>x</c> the public key. A private member (<c>d</c>) does not belong here.</summary>
    private static bool TryReadKeys(string? jwks, [NotNullWhen(true)] out Dictionary<string, byte[]>? keys)
    {
        keys = null;
        if (jwks is null
            || !StrictJson.TryParseObject(Encoding.UTF8.GetBytes(jwks), StrictJson.TokenDepth, out var set)
            || !set.TryGetProperty("keys", out var list)
            || list.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        var read = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var key in list.EnumerateArray())
        {
            if (key.ValueKind != JsonValueKind.Object
                || Text(key, "kty") != "OKP"
                || Text(key, "crv") != "Ed25519"
                || key.TryGetProperty("d", out _)
                || Text(key, "kid") is not { Length: > 0 } kid
                || Text(key, "x") is not { } x
                || !Base64UrlText.TryDecode(x, out var bytes)
                || !Ed25519.IsWellFormedPublicKey(bytes)
                || !read.TryAdd(kid, bytes))
            {
                return false;
            }
        }

        keys = read;
        return read.Count > 0;
    }

    private static string? Text(JsonElement element, string name)
        => element.TryGetProperty(name, out var member) ? member.StringOrNull() : null;
}
