using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Inbox.Api;

/// <summary>Reads bodies with a cap, so that a refusal says why.</summary>
internal static class JsonBodies
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The body's octets, or the refusal: 413.</summary>
    public static async Task<(ReadOnlyMemory<byte> Body, ProblemHttpResult? Refusal)> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxBytes)
        {
            return (default, Problems.TooLarge(maxBytes));
        }

        using var body = new MemoryStream();
        var buffer = new byte[8192];
        for (int read; (read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (body.Length + read > maxBytes)
            {
                return (default, Problems.TooLarge(maxBytes));
            }

            body.Write(buffer, 0, read);
        }

        return (body.ToArray(), null);
    }

    public static bool IsJson(HttpRequest request)
        => MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));

    /// <summary>A JSON object (RFC 8259) without duplicate members, or the refusal: 400.</summary>
    public static (JsonElement Value, ProblemHttpResult? Refusal) ParseObject(ReadOnlyMemory<byte> body)
    {
        // JSON is UTF-8 (RFC 8259 §8.1); the parser would find out only when the broken string is asked for.
        if (!Utf8.IsValid(body.Span))
        {
            return (default, Problems.InvalidJson("The body is not UTF-8."));
        }

        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (document.RootElement.Clone(), null)
                : (default, Problems.InvalidJson("The body must be a JSON object."));
        }
        catch (JsonException exception)
        {
            return (default, Problems.InvalidJson(exception.LineNumber is { } line
                ? $"The body is not JSON: line {line + 1}, byte {exception.BytePositionInLine + 1}."
                : "The body is not JSON, or a member stands twice."));
        }
        catch (InvalidOperationException)
        {
            return (default, Problems.InvalidJson("The name of a member holds half of a surrogate pair."));
        }
    }

    /// <summary>The string, or <see langword="null"/> for another type and for a string with half of a surrogate pair (RFC 8259 §8.2).</summary>
    public static string? StringOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
