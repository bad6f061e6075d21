using System.Text.Json;
using System.Text.Unicode;

namespace ScopeSigning.Domain;

/// <summary>
/// JSON that means one thing only: valid UTF-8 and no repeated member names, because two parsers may pick different ones
/// (RFC 8259 §4, RFC 8725 §2.4).
/// </summary>
internal static class StrictJson
{
    /// <summary>Levels of nesting that a token's header and payload may have.</summary>
    public const int TokenDepth = 8;

    /// <summary>Levels for a wrapping, which is thrown away after one look at its members.</summary>
    public const int BodyDepth = 32;

    public static bool TryParseObject(ReadOnlySpan<byte> utf8, int maximumDepth, out JsonElement element)
        => TryParse(utf8, maximumDepth, out element) && element.ValueKind == JsonValueKind.Object;

    public static bool TryParse(ReadOnlySpan<byte> utf8, int maximumDepth, out JsonElement element)
    {
        element = default;
        if (!Utf8.IsValid(utf8))
        {
            return false;
        }

        try
        {
            element = JsonElement.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = maximumDepth });
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a member name holds half of a surrogate pair.
            return false;
        }
    }

    /// <summary>The string, or <see langword="null"/> when it is no string or holds half of a surrogate pair.</summary>
    public static string? StringOrNull(this JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
