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

    /// <summary>Whom the request's token is about, if there is one that can be trusted.</summary>
    public ValueTask<TokenVerdict> AuthenticateAsync(HttpRequest request)
    {
        var token = FindToken(request);
        if (token.IsEmpty)
        {
            return ValueTask.FromResult<TokenVerdict>(TokenFault.Missing);
        }

        // What is in a compact token is ASCII (RFC 7515 §3.1); anything else is none.
        if (token.Length > CallerTokenVerifier.MaximumLength || !Ascii.IsValid(token))
        {
            return ValueTask.FromResult<TokenVerdict>(TokenFault.Malformed);
        }

        var hash = TokenHash.Of(token);
        return _remembered.TryGetValue(hash, out var remembered) && clock.GetUtcNow() < remembered.Until
            ? ValueTask.FromResult(Admit(remembered.Caller))
            : VerifyAsync(token.ToString(), hash, request.HttpContext.RequestAborted);
    }

    private TokenVerdict Admit(Caller caller) => revoked.Contains(caller.SessionId) ? TokenFault.Revoked : caller;

    private async ValueTask<TokenVerdict> VerifyAsync(string token, TokenHash hash, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var verdict = await verifier.VerifyAsync(token, cancellationToken);
        if (!verdict.IsGood(out var caller))
        {
            _remembered.TryRemove(hash, out _);
            return verdict;
        }

        if (_remembered.Count >= Capacity)
        {
            _remembered.Clear();
        }

        var end = caller.ExpiresAt.AddSeconds(CallerTokenVerifier.LeewaySeconds);
        _remembered[hash] = new Remembered(caller, end < now + RememberFor ? end : now + RememberFor);
        return Admit(caller);
    }

    // First match wins: Authorization with the scheme, Authorization with a bare token (what generated clients send), the cookie.
    private static ReadOnlySpan<char> FindToken(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count > 1)
        {
            return default;
        }

        if (header.Count == 1 && header[0] is { } value)
        {
            var text = value.AsSpan().Trim(' ');
            if (text.Length > Scheme.Length && text[Scheme.Length] == ' ' && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            {
                return text[Scheme.Length..].Trim(' ');
            }

            if (text.Count('.') == 2 && !text.Contains(' '))
            {
                return text;
            }

            if (text.Equals(Scheme, StringComparison.OrdinalIgnoreCase))
            {
                return default;
            }
        }

        // On other methods another site's form could make the browser send it.
        return HttpMethods.IsGet(request.Method) ? request.Cookies[CookieName] : null;
    }

    private sealed record Remembered(Caller Caller, DateTimeOffset Until);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct TokenHash(UInt128 First, UInt128 Second)
    {
        // Most tokens are shorter.
        private const int OnStack = 2048;

        /// <param name="token">ASCII.</param>
        public static TokenHash Of(ReadOnlySpan<char> token)
        {
            Span<byte> bytes = token.Length <= OnStack ? stackalloc byte[OnStack] : new byte[token.Length];
            Ascii.FromUtf16(token, bytes, out var length);
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes[..length], hash);
            var halves = MemoryMarshal.Cast<byte, UInt128>(hash);
            return new TokenHash(halves[0], halves[1]);
        }
    }
}
