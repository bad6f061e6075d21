using System.Text.Json;

namespace ServiceDefaults.Jose;

/// <summary>How JOSE headers and claim sets are parsed: strictly, because two readers must not see two meanings.</summary>
public static class JoseJson
{
    private static readonly JsonDocumentOptions Options = new()
    {
        // RFC 7515 §4 and RFC 7519 §4: member names are unique.
        AllowDuplicateProperties = false,
        MaxDepth = 16,
    };

    /// <summary>Parses a base64url part that has to hold a JSON object; <see langword="null"/> when it does not.</summary>
    public static JsonDocument? ParseObject(ReadOnlySpan<byte> base64Url)
    {
        var json = Base64UrlText.Decode(base64Url);
        if (json is null || !System.Text.Unicode.Utf8.IsValid(json))
        {
            return null;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, Options);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter: a member's name has an escape for half of a surrogate pair.
            return null;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        return null;
    }

    /// <summary>The text of a well-formed string; <see langword="null"/> for anything else.</summary>
    public static string? TextOrNull(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // An escape names half of a surrogate pair: no Unicode text.
            return null;
        }
    }

    extension(JsonElement json)
    {
        /// <summary>Whether there is a member of that name, of whatever kind.</summary>
        public bool Has(ReadOnlySpan<byte> name) => json.TryGetProperty(name, out _);

        /// <summary>The member's text; <see langword="null"/> when it is missing or no well-formed string.</summary>
        public string? StringOrNull(ReadOnlySpan<byte> name)
            => json.TryGetProperty(name, out var value) ? TextOrNull(value) : null;

        /// <summary>The member as NumericDate (RFC 7519 §2); <see langword="null"/> when it is missing or no finite number.</summary>
        public double? NumericDateOrNull(ReadOnlySpan<byte> name)
            => json.TryGetProperty(name, out var value)
                && value.ValueKind == JsonValueKind.Number
                && value.TryGetDouble(out var number)
                && double.IsFinite(number)
                    ? number
                    : null;
    }
}
