using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sessions;

/// <summary>Recognises identity-auth's session tokens (its contract §1.4): <c>flx_</c> and 36 letters or digits.</summary>
internal static class SessionToken
{
    public const int Length = 40;

    private const string Prefix = "flx_";
    private const string Scheme = "Bearer ";

    /// <summary>The cookie in which a browser's event source, which cannot set headers, sends its token (device-registry's contract §1.2).</summary>
    private const string Cookie = "loopToken";

    /// <summary>
    /// The session token of a request: in <c>Authorization</c>, bare or with the scheme Bearer; of a GET without that header, in the
    /// cookie. <see langword="null"/> if it carries none, or something else.
    /// </summary>
    public static string? Find(HttpRequest request) => request.Headers.Authorization switch
    {
        [{ } value] => Strip(value),
        [] when HttpMethods.IsGet(request.Method) => request.Cookies[Cookie] is { } value && IsToken(value) ? value : null,
        _ => null,
    };

    /// <summary>The name of its session, claim <c>sid</c> and <c>id_hash</c>: SHA-256 of the token, base64url. The gateway keeps no token.</summary>
    public static string SessionIdOf(string token)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Encoding.ASCII.GetBytes(token, bytes);
        SHA256.HashData(bytes, hash);
        return Base64Url.EncodeToString(hash);
    }

    private static string? Strip(string value)
    {
        var token = value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? value[Scheme.Length..] : value;
        return IsToken(token) ? token : null;
    }

    private static bool IsToken(string value)
        => value.Length == Length
            && value.StartsWith(Prefix, StringComparison.Ordinal)
            && value.AsSpan(Prefix.Length).IndexOfAnyExcept(Alphabet) < 0;

    private static readonly System.Buffers.SearchValues<char> Alphabet =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
}
