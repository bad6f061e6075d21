using System.Text;
using ScopeSigning.Domain;

namespace ScopeSigning.Http;

/// <summary>The secret that comes back: at most one of the two.</summary>
internal sealed record Confirmation(string? Code, string? LinkSecret);

/// <summary>Reads the body or the query of a confirmation.</summary>
internal static class ConfirmationBody
{
    public const int MaximumBytes = 4096;

    /// <summary>A token was posted to a job: somebody took the path for another. Told before anything else is looked at.</summary>
    public static Refusal IsToken { get; } = new(ScopeSigningProblems.NotSupported, "A job takes a code, not a token.");

    public static async Task<Outcome<Confirmation>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var mediaType = TokenBody.MediaTypeOf(request)?.ToLowerInvariant();
        if (mediaType is "application/jwt" or "application/jose")
        {
            return IsToken;
        }

        if (mediaType is not (null or "application/json" or "text/plain"))
        {
            return new Refusal(ScopeSigningProblems.BadMediaType, "Send the code as application/json.");
        }

        if ((await TokenBody.ReadBytesAsync(request, MaximumBytes, cancellationToken)).IsRefused(out var refusal, out var bytes))
        {
            return refusal;
        }

        if (ReadBody(bytes).IsRefused(out refusal, out var body))
        {
            return refusal;
        }

        var query = QueryParameters.Of(request);
        if (query.Count("code") == 0)
        {
            return body;
        }

        if (query.Single("code") is not { } code)
        {
            return ScopeSigningProblems.Malformed("'code' may be given once.");
        }

        return body.Code is null && body.LinkSecret is null
            ? body with { Code = code }
            : ScopeSigningProblems.Malformed("Give the code in the body or in the query, not in both.");
    }

    private static Outcome<Confirmation> ReadBody(byte[] bytes)
    {
        var trimmed = bytes.AsSpan().Trim(" \t\r\n\f"u8);
        if (trimmed.IsEmpty)
        {
            return new Confirmation(null, null);
        }

        if (IsCompactToken(trimmed))
        {
            return IsToken;
        }

        if (!StrictJson.TryParse(trimmed, StrictJson.BodyDepth, out var json))
        {
            return ScopeSigningProblems.Malformed("The body is not a JSON object with unique member names.");
        }

        if (json.StringOrNull() is { } text && IsCompactToken(Encoding.UTF8.GetBytes(text)))
        {
            return IsToken;
        }

        if (json.ValueKind != System.Text.Json.JsonValueKind.Object)
        {
            return ScopeSigningProblems.Malformed("The body is not a JSON object.");
        }

        if (!TryReadMember(json, "code", out var code) || !TryReadMember(json, "secret", out var secret))
        {
            return ScopeSigningProblems.Malformed("'code' and 'secret' are strings.");
        }

        return code is not null && secret is not null
            ? ScopeSigningProblems.Malformed("Give 'code' or 'secret', not both.")
            : new Confirmation(code, secret);
    }

    /// <summary>A member that is <c>null</c> counts as absent: serialisers write it for what was not set.</summary>
    private static bool TryReadMember(System.Text.Json.JsonElement json, string name, out string? value)
    {
        value = null;
        if (!json.TryGetProperty(name, out var member) || member.ValueKind == System.Text.Json.JsonValueKind.Null)
        {
            return true;
        }

        value = member.StringOrNull();
        return value is not null;
    }

    private static bool IsCompactToken(ReadOnlySpan<byte> text)
    {
        var first = text.IndexOf((byte)'.');
        var last = text.LastIndexOf((byte)'.');
        if (first < 1 || last <= first + 1)
        {
            return false;
        }

        var ascii = Encoding.Latin1.GetString(text);
        return Base64UrlText.IsAlphabetOnly(ascii.AsSpan(0, first))
            && Base64UrlText.IsAlphabetOnly(ascii.AsSpan(first + 1, last - first - 1))
            && Base64UrlText.IsAlphabetOnly(ascii.AsSpan(last + 1));
    }
}
