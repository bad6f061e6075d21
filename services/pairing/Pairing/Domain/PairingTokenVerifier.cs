using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using ServiceDefaults.Jose;

namespace Pairing.Domain;

/// <summary>Why a pairing token was refused.</summary>
public enum TokenRefusal
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>Not a token of an issuer that we trust, or not valid now (401).</summary>
    Invalid,

    /// <summary>Genuine, but without a usable <c>jti</c>, <c>tenantId</c> or <c>userId</c> (403).</summary>
    Claims,
}

/// <summary>The outcome of a verification: a token, or why there is none.</summary>
public readonly record struct TokenVerification(PairingToken? Token, TokenRefusal Refusal)
{
    internal static readonly TokenVerification Invalid = new(null, TokenRefusal.Invalid);
    internal static readonly TokenVerification Claims = new(null, TokenRefusal.Claims);
}

/// <summary>Verifies pairing tokens: RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725, contract §2.3 and §2.4, in numbered steps.</summary>
public sealed class PairingTokenVerifier
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MaximumLength = 8 * 1024;

    /// <summary>How far the clocks of issuers may be off, in seconds.</summary>
    public const int LeewaySeconds = 30;

    /// <summary>The longest life that a token may give itself, in seconds.</summary>
    public const int MaximumLifetimeSeconds = 600;

    private readonly FrozenDictionary<string, TrustedIssuer> _issuers;
    private readonly TimeProvider _clock;

    public PairingTokenVerifier(IEnumerable<TrustedIssuer> issuers, TimeProvider clock)
    {
        _issuers = issuers.ToFrozenDictionary(issuer => issuer.Name, StringComparer.Ordinal);
        _clock = clock;
    }

    public async ValueTask<TokenVerification> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        // 1. Size before any work; ASCII, as everything in a compact token is.
        if (token.Length > MaximumLength || !Ascii.IsValid(token))
        {
            return TokenVerification.Invalid;
        }

        // 2. Three non-empty parts (RFC 7515 §3.1). Their base64url is checked where each is decoded.
        var compact = Encoding.ASCII.GetBytes(token);
        var first = compact.AsSpan().IndexOf((byte)'.');
        var last = compact.AsSpan().LastIndexOf((byte)'.');
        if (first <= 0 || last <= first + 1 || last == compact.Length - 1 || compact.AsSpan(first + 1, last - first - 1).Contains((byte)'.'))
        {
            return TokenVerification.Invalid;
        }

        // 3. Header and claim set are JSON objects with unique members (RFC 7519 §7.2 steps 3 and 10).
        using var header = JoseJson.ParseObject(compact.AsSpan(0, first));
        using var claims = JoseJson.ParseObject(compact.AsSpan(first + 1, last - first - 1));
        var signature = Base64UrlText.Decode(compact.AsSpan(last + 1));
        if (header is null || claims is null || signature is null)
        {
            return TokenVerification.Invalid;
        }

        // 4. The issuer decides everything that follows: its name is compared exactly (RFC 8725 §3.8).
        if (claims.RootElement.StringOrNull("iss"u8) is not { } name || !_issuers.TryGetValue(name, out var issuer))
        {
            return TokenVerification.Invalid;
        }

        // 5. No extension that we would have to understand (RFC 7515 §4.1.11).
        if (header.RootElement.Has("crit"u8))
        {
            return TokenVerification.Invalid;
        }

        // 6. The algorithm is one that this issuer is allowed: `none` and HS* are in no list (RFC 8725 §3.1, §3.2).
        if (header.RootElement.StringOrNull("alg"u8) is not { } algorithm || !issuer.Algorithms.Contains(algorithm))
        {
            return TokenVerification.Invalid;
        }

        // 7. The type, if named, is ours, so that ID, access and logout tokens do not pass (RFC 8725 §3.11).
        if (header.RootElement.Has("typ"u8) && !IsPairingType(header.RootElement.StringOrNull("typ"u8)))
        {
            return TokenVerification.Invalid;
        }

        // 8. The key: by `kid`, from the issuer's own set; `jku`, `jwk`, `x5u`, `x5c` are not looked at (RFC 8725 §3.10).
        if (header.RootElement.StringOrNull("kid"u8) is not { Length: > 0 } keyId
            || await issuer.Keys.FindAsync(keyId, cancellationToken) is not { } key)
        {
            return TokenVerification.Invalid;
        }

        // 9. The signature, with a key whose type fits the algorithm (RFC 8725 §3.1).
        if (!key.Verify(algorithm, compact.AsSpan(0, last), signature))
        {
            return TokenVerification.Invalid;
        }

        // 10. For us (RFC 7519 §4.1.3), and now (§4.1.4 to §4.1.6).
        return HasAudience(claims.RootElement, issuer.Audience) && IsTimely(claims.RootElement, out var expiresAt)
            ? ReadSubject(claims.RootElement, issuer, expiresAt)
            : TokenVerification.Invalid;
    }

    private static bool IsPairingType(string? type)
        => "JWT".Equals(type, StringComparison.OrdinalIgnoreCase) || "pairing+jwt".Equals(type, StringComparison.OrdinalIgnoreCase);

    private static bool HasAudience(JsonElement claims, string expected)
    {
        if (!claims.TryGetProperty("aud"u8, out var audience))
        {
            return false;
        }

        return audience.ValueKind switch
        {
            JsonValueKind.String => audience.ValueEquals(expected),
            JsonValueKind.Array => audience.EnumerateArray().All(static one => one.ValueKind == JsonValueKind.String)
                && audience.EnumerateArray().Any(one => one.ValueEquals(expected)),
            _ => false,
        };
    }

    private bool IsTimely(JsonElement claims, out long expiresAt)
    {
        expiresAt = 0;
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000d;

        if (claims.NumericDateOrNull("iat"u8) is not { } iat || iat > now + LeewaySeconds)
        {
            return false;
        }

        // No token lives longer than ten minutes, whatever its issuer writes: the list of used ones has to end somewhere.
        if (claims.NumericDateOrNull("exp"u8) is not { } exp || exp <= now - LeewaySeconds || exp - iat > MaximumLifetimeSeconds)
        {
            return false;
        }

        if (claims.Has("nbf"u8) && (claims.NumericDateOrNull("nbf"u8) is not { } nbf || nbf > now + LeewaySeconds))
        {
            return false;
        }

        expiresAt = (long)Math.Floor(exp);
        return true;
    }

    // The token is genuine; whom is it about (contract §1.1, 403)?
    private static TokenVerification ReadSubject(JsonElement claims, TrustedIssuer issuer, long expiresAt)
    {
        if (!Uuid.TryParse(claims.StringOrNull("jti"u8), out var jti))
        {
            return TokenVerification.Claims;
        }

        var hasTenant = Uuid.TryParse(claims.StringOrNull("tenantId"u8), out var tenantId);
        if (issuer.TenantId is { } realmTenant)
        {
            // A realm speaks for one tenant. It need not name it; a token that names another one is not one to trust.
            if (!hasTenant && claims.Has("tenantId"u8))
            {
                return TokenVerification.Claims;
            }

            if (hasTenant && tenantId != realmTenant)
            {
                return TokenVerification.Invalid;
            }

            tenantId = realmTenant;
        }
        else if (!hasTenant)
        {
            return TokenVerification.Claims;
        }

        var userClaim = issuer.IsRealm && !claims.Has("userId"u8) ? "sub"u8 : "userId"u8;
        if (!Uuid.TryParse(claims.StringOrNull(userClaim), out var userId))
        {
            return TokenVerification.Claims;
        }

        var username = issuer.IsRealm ? claims.StringOrNull("preferred_username"u8) : null;
        return new TokenVerification(
            new PairingToken(issuer.Name, jti, tenantId, userId, expiresAt, username, issuer.IsRealm), TokenRefusal.None);
    }
}
