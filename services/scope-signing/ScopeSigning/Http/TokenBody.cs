using System.Text;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;
using ScopeSigning.Domain;

namespace ScopeSigning.Http;

/// <summary>
/// Reads a token body in any wrapping that generated clients put around it: the compact token itself, a JSON string, or an object
/// with the one member <c>jwt</c>. All end in the same bytes, which have to carry the signature; a bare model proves nothing
/// about who holds the key and is refused always.
/// </summary>
internal static class TokenBody
{
    public const int MaximumBytes = 16_384;

    private static readonly string[] MediaTypes = ["application/jwt", "application/jose", "text/plain", "application/json"];

    public static async Task<Outcome<string>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // 1. Media type; parameters are ignored.
        if (MediaTypeOf(request) is { } mediaType && !MediaTypes.Contains(mediaType, StringComparer.OrdinalIgnoreCase))
        {
            return new Refusal(ScopeSigningProblems.BadMediaType, "Send the token as application/jwt.");
        }

        // 2. Size.
        if ((await ReadBytesAsync(request, MaximumBytes, cancellationToken)).IsRefused(out var refusal, out var bytes))
        {
            return refusal;
        }

        // 3.-4. Text; the first character, not the media type, picks the reading.
        return Unwrap(bytes);
    }

    internal static Outcome<string> Unwrap(ReadOnlySpan<byte> bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            return ScopeSigningProblems.Malformed("The body is not UTF-8.");
        }

        var trimmed = bytes.Trim(" \t\r\n\f"u8);
        if (trimmed.IsEmpty)
        {
            return ScopeSigningProblems.Malformed("The body is empty.");
        }

        return trimmed[0] switch
        {
            (byte)'"' => UnwrapString(trimmed),
            (byte)'{' => UnwrapObject(trimmed),
            _ => Encoding.UTF8.GetString(trimmed),
        };
    }

    /// <summary>The media type without its parameters; <see langword="null"/> when none was sent.</summary>
    public static string? MediaTypeOf(HttpRequest request)
    {
        var header = request.Headers.ContentType;
        return header.Count == 0 ? null : header.ToString().Split(';', 2)[0].Trim(' ', '\t') is { Length: > 0 } type ? type : null;
    }

    /// <summary>Reads at most <paramref name="maximum"/> bytes, and no further than one byte past them.</summary>
    public static async Task<Outcome<byte[]>> ReadBytesAsync(HttpRequest request, int maximum, CancellationToken cancellationToken)
    {
        var encoding = request.Headers[HeaderNames.ContentEncoding].ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return new Refusal(ScopeSigningProblems.BadMediaType, "Content-Encoding is not taken.");
        }

        if (request.ContentLength > maximum)
        {
            return TooLarge(maximum);
        }

        var buffer = new byte[maximum + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > maximum ? TooLarge(maximum) : buffer[..length];
    }

    private static Refusal TooLarge(int maximum) => new(ScopeSigningProblems.TooLarge, $"The body has more than {maximum} bytes.");

    private static Outcome<string> UnwrapString(ReadOnlySpan<byte> json)
        => StrictJson.TryParse(json, StrictJson.BodyDepth, out var element) && element.StringOrNull() is { } text
            ? text
            : ScopeSigningProblems.Malformed("The body is not one JSON string.");

    private static Outcome<string> UnwrapObject(ReadOnlySpan<byte> json)
    {
        if (!StrictJson.TryParseObject(json, StrictJson.BodyDepth, out var element))
        {
            return ScopeSigningProblems.Malformed("The body is not one JSON object with unique member names.");
        }

        if (!element.TryGetProperty("jwt", out var jwt))
        {
            return new Refusal(ScopeSigningProblems.AuthError, "The body is unsigned: send a compact JWS.");
        }

        return element.GetPropertyCount() == 1 && jwt.StringOrNull() is { } text
            ? text
            : ScopeSigningProblems.Malformed("'jwt' is a string and the only member.");
    }
}
