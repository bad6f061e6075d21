using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using ServiceDefaults.Jose;

namespace DeviceRegistry.Domain.Tokens;

/// <summary>Verifies callers' tokens: RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725, contract §1.2, in numbered steps.</summary>
public sealed class CallerTokenVerifier
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MaximumLength = 16 * 1024;

    /// <summary>How far the clocks of issuers may be off, in seconds.</summary>
    public const int LeewaySeconds = 30;

    private const int MaximumIdentityLength = 255;
    private const int MaximumEmailLength = 254;
    private const int MaximumSessionIdLength = 128;
    private const int MaximumNames = 1_000;

    /// <summary>The latest <c>exp</c> that there is, later means then: a day less than a <see cref="DateTimeOffset"/> can hold, so that one can reckon with it.</summary>
    private static readonly long LatestExpiry = (DateTimeOffset.MaxValue - TimeSpan.FromDays(1)).ToUnixTimeSeconds();

    private readonly FrozenDictionary<string, TrustedIssuer> _issuers;
    private readonly TimeProvider _clock;

    public CallerTokenVerifier(IEnumerable<TrustedIssuer> issuers, TimeProvider clock)
    {
        _issuers = issuers.ToFrozenDictionary(issuer => issuer.Name, StringComparer.Ordinal);
        _clock = clock;
    }

    /// <summary>Verifies a token.</summary>
    /// <returns>Whom it is about, or why it is not to be trusted.</returns>
    /// <exception cref="HttpRequestException">The issuer's keys have never been reached: nothing can be said about the token.</exception>
    public async ValueTask<TokenVerdict> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        // 1. Size before any work; ASCII, as everything in a compact token is.
        if (token.Length > MaximumLength || !Ascii.IsValid(token))
        {
            return TokenFault.Malformed;
        }

        // 2. Three non-empty parts (RFC 7515 §3.1). Their base64url is checked where each is decoded.
        var compact = Encoding.ASCII.GetBytes(token);
        var first = compact.AsSpan().IndexOf((byte)'.');
        var last = compact.AsSpan().LastIndexOf((byte)'.');
        if (first <= 0 || last <= first + 1 || last == compact.Length - 1 || compact.AsSpan(first + 1, last - first - 1).Contains((byte)'.'))
        {
            return TokenFault.Malformed;
        }

        // 3. Header and claim set are JSON objects with unique members (RFC 7519 §7.2 steps 3 and 10).
        using var header = JoseJson.ParseObject(compact.AsSpan(0, first));
        using var claims = JoseJson.ParseObject(compact.AsSpan(first + 1, last - first - 1));
        var signature = Base64UrlText.Decode(compact.AsSpan(last + 1));
        if (header is null || claims is null || signature is null)
        {
            return TokenFault.Malformed;
        }

        // 4. The issuer decides everything that follows: its name is compared exactly (RFC 8725 §3.8).
        if (claims.RootElement.StringOrNull("iss"u8) is not { } name || !_issuers.TryGetValue(name, out var issuer))
        {
            return TokenFault.UnknownIssuer;
        }

        // 5. No extension that we would have to understand (RFC 7515 §4.1.11).
        if (header.RootElement.Has("crit"u8))
        {
            return TokenFault.Header;
        }

        // 6. The algorithm is one that this issuer is allowed: `none` and HS* are in no list (RFC 8725 §3.1, §3.2).
        if (header.RootElement.StringOrNull("alg"u8) is not { } algorithm || !issuer.Algorithms.Contains(algorithm))
        {
            return TokenFault.Header;
        }

        // 7. The type, if named, is an access token's, so that logout tokens and the like do not pass (RFC 8725 §3.11).
        if (header.RootElement.Has("typ"u8) && !IsAccessTokenType(header.RootElement.StringOrNull("typ"u8)))
        {
            return TokenFault.Header;
        }

        // 8. The key: by `kid`, from the issuer's own set; `jku`, `jwk`, `x5u`, `x5c` are not looked at (RFC 8725 §3.10).
        if (header.RootElement.StringOrNull("kid"u8) is not { Length: > 0 } keyId
            || await issuer.Keys.FindAsync(keyId, cancellationToken) is not { } key)
        {
            return TokenFault.UnknownKey;
        }

        // 9. The signature, with a key whose type fits the algorithm (RFC 8725 §3.1).
        if (!key.Verify(algorithm, compact.AsSpan(0, last), signature))
        {
            return TokenFault.Signature;
        }

        // 10. For us (RFC 7519 §4.1.3), and now (§4.1.4 to §4.1.6).
        if (!HasAudience(claims.RootElement, issuer.Audience))
        {
            return TokenFault.Audience;
        }

        if (!IsTimely(claims.RootElement, out var expiresAt))
        {
            return TokenFault.Time;
        }

        return ReadCaller(claims.RootElement, issuer, expiresAt) is { } caller ? caller : TokenFault.Subject;
    }

    private static bool IsAccessTokenType(string? type)
        => "JWT".Equals(type, StringComparison.OrdinalIgnoreCase)
            || "at+jwt".Equals(type, StringComparison.OrdinalIgnoreCase)
            || "application/at+jwt".Equals(type, StringComparison.OrdinalIgnoreCase);

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

    private bool IsTimely(JsonElement claims, out DateTimeOffset expiresAt)
    {
        expiresAt = default;
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000d;
        if (claims.NumericDateOrNull("exp"u8) is not { } exp || exp <= now - LeewaySeconds)
        {
            return false;
        }

        if (!IsPast(claims, "nbf"u8, now) || !IsPast(claims, "iat"u8, now))
        {
            return false;
        }

        expiresAt = DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(Math.Floor(exp), LatestExpiry));
        return true;
    }

    private static bool IsPast(JsonElement claims, ReadOnlySpan<byte> name, double now)
        => !claims.Has(name) || claims.NumericDateOrNull(name) <= now + LeewaySeconds;

    // The token is genuine; whom is it about?
    private static Caller? ReadCaller(JsonElement claims, TrustedIssuer issuer, DateTimeOffset expiresAt)
    {
        var hasUser = claims.TryGetProperty("user"u8, out var user) && user.ValueKind == JsonValueKind.Object;
        var identity = hasUser ? user.StringOrNull("identity"u8) : null;

        // Both names of the caller, when both are there, have to be the same; a claim that is no string is no name.
        if (claims.Has("sub"u8))
        {
            var subject = claims.StringOrNull("sub"u8);
            if (subject is null || (hasUser && user.Has("identity"u8) && identity != subject))
            {
                return null;
            }

            identity = subject;
        }

        if (identity is not { Length: > 0 and <= MaximumIdentityLength } || identity.AsSpan().ContainsControl())
        {
            return null;
        }

        var source = hasUser ? user : claims;
        return new Caller
        {
            Identity = issuer.IdentityPrefix + identity,
            VerifiedEmail = VerifiedEmail(claims, source, issuer),
            FirstName = source.StringOrNull("firstName"u8),
            LastName = source.StringOrNull("lastName"u8),
            IsGlobalAdministrator = Caller.IsAdministrator(Strings(source, "roles"u8)),
            Groups = Strings(source, "groups"u8).ToFrozenSet(StringComparer.Ordinal),
            AdministeredGroups = AdministeredGroups(source).ToFrozenSet(StringComparer.Ordinal),
            SessionId = Text(claims, "sid"u8, MaximumSessionIdLength),
            ExpiresAt = expiresAt,
        };
    }

    // `email_verified` speaks of the `email` beside it (OpenID Connect Core §5.1): where there is one, an address in `user` is for display.
    private static string? VerifiedEmail(JsonElement claims, JsonElement source, TrustedIssuer issuer)
    {
        if (issuer.VouchesForEmail)
        {
            return Text(source, "email"u8, MaximumEmailLength);
        }

        return IsTrue(claims, "email_verified"u8) ? Text(claims.Has("email"u8) ? claims : source, "email"u8, MaximumEmailLength) : null;
    }

    // What is looked up or stored in the database.
    private static string? Text(JsonElement source, ReadOnlySpan<byte> name, int maximumLength)
        => source.StringOrNull(name) is { Length: > 0 } text && text.Length <= maximumLength && !text.AsSpan().ContainsControl() ? text : null;

    private static bool IsTrue(JsonElement claims, ReadOnlySpan<byte> name)
        => claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static IEnumerable<string> Strings(JsonElement source, ReadOnlySpan<byte> name)
        => source.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Take(MaximumNames).Select(JoseJson.TextOrNull).OfType<string>()
            : [];

    private static IEnumerable<string> AdministeredGroups(JsonElement source)
        => source.TryGetProperty("groupRoles"u8, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
                .Take(MaximumNames)
                .Where(static one => one.ValueKind == JsonValueKind.Object && one.StringOrNull("role"u8) == MemberRole.GroupAdministrator)
                .Select(static one => one.StringOrNull("group"u8))
                .OfType<string>()
            : [];
}
