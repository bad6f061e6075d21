using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using DeviceRegistry.Domain;
using DeviceRegistry.Domain.Tokens;

namespace DeviceRegistry.Http;

/// <summary>
/// Finds the token of a request in one of three places and says whom it is about (contract §1.2). Verified tokens are remembered for a while,
/// by their hash: a client sends the same one many times, and checking a signature costs more than everything else in a heartbeat.
/// </summary>
internal sealed class CallerAuthentication(CallerTokenVerifier verifier, RevokedSessions revoked, TimeProvider clock)
{
    /// <summary>Where browsers' event streams, which cannot set headers, carry the token.</summary>
    private const string CookieName = "loopToken";

    private const string Scheme = "Bearer";

    /// <summary>How long a verified token is believed without looking at its issuer's keys again.</summary>
    private static readonly TimeSpan RememberFor = TimeSpan.FromMinutes(1);

    /// <summary>Tokens remembered at a time; beyond it everything is forgotten, which costs a verification each.</summary>
    private const int Capacity = 20_000;

    private readonly ConcurrentDictionary<TokenHash, Remembered> _remembered = new();

    /// <summary>Whom the request's token is about; <see langword="null"/>: there is none that can be trusted.</summary>
    public async ValueTask<Caller?> AuthenticateAsync(HttpRequest request)
    {
        if (FindToken(request) is not { } token)
        {
            return null;
        }

        var caller = await VerifyAsync(token, request.HttpContext.RequestAborted);
        return caller is null || revoked.Contains(caller.SessionId) ? null : caller;
    }

    private async ValueTask<Caller?> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > CallerTokenVerifier.MaximumLength)
        {
            return null;
        }

        var hash = TokenHash.Of(token);
        var now = clock.GetUtcNow();
        if (_remembered.TryGetValue(hash, out var remembered) && now < remembered.Until)
        {
            return remembered.Caller;
        }

        if (await verifier.VerifyAsync(token, cancellationToken) is not { } caller)
        {
            _remembered.TryRemove(hash, out _);
            return null;
        }

        if (_remembered.Count >= Capacity)
        {
            _remembered.Clear();
        }

        var end = caller.ExpiresAt.AddSeconds(CallerTokenVerifier.LeewaySeconds);
        _remembered[hash] = new Remembered(caller, end < now + RememberFor ? end : now + RememberFor);
        return caller;
    }

    // First match wins: Authorization with the scheme, Authorization with a bare token (what generated clients send), the cookie.
    private static string? FindToken(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count > 1)
        {
            return null;
        }

        if (header.Count == 1 && header[0] is { } value)
        {
            var text = value.AsSpan().Trim(' ');
            if (text.Length > Scheme.Length && text[Scheme.Length] == ' ' && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            {
                return text[Scheme.Length..].Trim(' ').ToString();
            }

            if (text.Count('.') == 2 && !text.Contains(' '))
            {
                return text.ToString();
            }

            if (text.Equals(Scheme, StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }
        }

        // On other methods another site's form could make the browser send it.
        return HttpMethods.IsGet(request.Method) ? request.Cookies[CookieName] : null;
    }

    private sealed record Remembered(Caller Caller, DateTimeOffset Until);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct TokenHash(UInt128 First, UInt128 Second)
    {
        public static TokenHash Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            var halves = MemoryMarshal.Cast<byte, UInt128>(hash);
            return new TokenHash(halves[0], halves[1]);
        }
    }
}
