using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Pairing.Http;

/// <summary>
/// A request body: one JSON object, read strictly (contract §1). Two readers of one text must not see two meanings, so duplicate
/// members, trailing data and bytes that are not UTF-8 are refused. Unknown members are ignored, names are case-sensitive.
/// </summary>
internal sealed class StrictJsonBody : IDisposable
{
    /// <summary>Most operations: 8 KiB.</summary>
    public const int DefaultLimit = 8 * 1024;

    private const int MaximumDepth = 16;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = MaximumDepth };

    private readonly byte[] _buffer;
    private readonly int _length;
    private readonly JsonDocument _document;
    private Dictionary<string, string>? _faults;

    private StrictJsonBody(byte[] buffer, int length, JsonDocument document)
    {
        _buffer = buffer;
        _length = length;
        _document = document;
    }

    /// <summary>The fields that were missing or out of range when they were read; <see langword="null"/> when all were good.</summary>
    public IReadOnlyDictionary<string, string>? Faults => _faults;

    /// <summary>Reads the body: media type (415), size (413), then syntax (400).</summary>
    /// <param name="limit">The most bytes that the operation takes.</param>
    /// <returns>The body, or the problem with it.</returns>
    public static async ValueTask<(StrictJsonBody? Body, Problem? Problem)> ReadAsync(HttpRequest request, int limit)
    {
        if (!IsJson(request))
        {
            return (null, PairingProblems.UnsupportedMediaType);
        }

        if (request.ContentLength > limit)
        {
            return (null, PairingProblems.PayloadTooLarge);
        }

        // One byte more than allowed is enough to know that a body of unknown length is too large.
        var buffer = ArrayPool<byte>.Shared.Rent((int)(request.ContentLength ?? limit) + 1);
        var length = 0;
        try
        {
            while (length <= limit && length < buffer.Length)
            {
                var read = await request.Body.ReadAsync(buffer.AsMemory(length), request.HttpContext.RequestAborted);
                if (read == 0)
                {
                    return Parse(buffer, length) is { } body ? (body, null) : Refuse(buffer, length, PairingProblems.InvalidJson);
                }

                length += read;
            }

            return Refuse(buffer, length, PairingProblems.PayloadTooLarge);
        }
        catch
        {
            Return(buffer, length);
            throw;
        }
    }

    /// <summary>Reads a string that has to be there.</summary>
    /// <param name="maximumLength">Its longest, in UTF-16 code units, as clients count.</param>
    /// <param name="trim">Whether white space around it does not count.</param>
    /// <param name="allowControls">Whether control characters are admitted.</param>
    public string RequiredString(string name, int maximumLength, bool trim = false, bool allowControls = false)
    {
        if (!TryGet(name, out var value))
        {
            return Fault(name, "required");
        }

        return String(name, value, minimumLength: 1, maximumLength, trim, allowControls);
    }

    /// <summary>Reads a string that may be missing or <c>null</c>.</summary>
    /// <inheritdoc cref="RequiredString"/>
    public string? OptionalString(string name, int maximumLength)
        => TryGet(name, out var value) ? String(name, value, minimumLength: 0, maximumLength, trim: false, allowControls: false) : null;

    /// <summary>Reads a UUID that has to be there.</summary>
    public Guid RequiredUuid(string name)
    {
        if (!TryGet(name, out var value))
        {
            Fault(name, "required");
            return default;
        }

        if (value.ValueKind != JsonValueKind.String || !Domain.Uuid.TryParse(value.GetString(), out var uuid))
        {
            Fault(name, "must be a UUID");
            return default;
        }

        return uuid;
    }

    /// <summary>
    /// Reads a whole number that may be missing or <c>null</c>: digits with an optional minus, not <c>1.0</c>, not <c>1e3</c>. One
    /// that does not fit 64 bits is the nearest that does.
    /// </summary>
    public long? OptionalInteger(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number || JsonMarshal.GetRawUtf8Value(value).ContainsAny(".eE"u8))
        {
            Fault(name, "must be an integer");
            return null;
        }

        return value.TryGetInt64(out var number) ? number
            : JsonMarshal.GetRawUtf8Value(value)[0] == (byte)'-' ? long.MinValue : long.MaxValue;
    }

    /// <summary>Reads a string that has to be there, of any length, as the bytes that it stands for.</summary>
    public ReadOnlyMemory<byte> RequiredUtf8(string name)
    {
        if (!TryGet(name, out var value))
        {
            Fault(name, "required");
            return default;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            Fault(name, "must be a string");
            return default;
        }

        // A megabyte of base64url has no escapes: then the text in the body is the value, and nothing is copied.
        var raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        if (raw.Contains((byte)'\\'))
        {
            return System.Text.Encoding.UTF8.GetBytes(value.GetString()!);
        }

        raw.Overlaps(_buffer, out var offset);
        return _buffer.AsMemory(-offset, raw.Length);
    }

    /// <summary>Notes that a field is not acceptable.</summary>
    /// <returns>A value to go on with.</returns>
    public string Fault(string name, string reason)
    {
        (_faults ??= new Dictionary<string, string>(StringComparer.Ordinal)).TryAdd(name, reason);
        return "";
    }

    public void Dispose()
    {
        _document.Dispose();
        Return(_buffer, _length);
    }

    private static bool IsJson(HttpRequest request)
    {
        var text = request.ContentType;
        if (string.IsNullOrEmpty(text))
        {
            // No media type is fine where there is no body: that is not JSON, which the parser says.
            return request.ContentLength == 0;
        }

        return Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(text, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
    }

    private static StrictJsonBody? Parse(byte[] buffer, int length)
    {
        // The parser looks at the bytes of a string only when it is read; unknown members would slip through.
        if (!Utf8.IsValid(buffer.AsSpan(0, length)))
        {
            return null;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(buffer.AsMemory(0, length), Options);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter: a member's name has an escape for half of a surrogate pair.
            return null;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object && HasReadableStrings(document.RootElement))
        {
            return new StrictJsonBody(buffer, length, document);
        }

        document.Dispose();
        return null;
    }

    // An escape for half of a surrogate pair is valid JSON, but no Unicode text (RFC 8259 §8.2).
    private static bool HasReadableStrings(JsonElement json)
    {
        try
        {
            foreach (var member in json.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(member.Value).Contains((byte)'\\'))
                {
                    _ = member.Value.GetString();
                }
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private bool TryGet(string name, out JsonElement value)
        => _document.RootElement.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private string String(string name, JsonElement value, int minimumLength, int maximumLength, bool trim, bool allowControls)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return Fault(name, "must be a string");
        }

        var text = value.GetString()!;
        if (trim)
        {
            text = text.Trim();
        }

        if (text.Length < minimumLength || text.Length > maximumLength)
        {
            return Fault(name, $"must have {minimumLength}–{maximumLength} characters");
        }

        return !allowControls && text.AsSpan().ContainsControl() ? Fault(name, "must not contain control characters") : text;
    }

    private static (StrictJsonBody?, Problem?) Refuse(byte[] buffer, int length, Problem problem)
    {
        Return(buffer, length);
        return (null, problem);
    }

    private static void Return(byte[] buffer, int length)
    {
        // Tokens and signatures do not stay behind in a pool.
        buffer.AsSpan(0, Math.Min(length, buffer.Length)).Clear();
        ArrayPool<byte>.Shared.Return(buffer);
    }
}

internal static class TextExtensions
{
    extension(ReadOnlySpan<char> text)
    {
        /// <summary>Whether there is a control character (Unicode category Cc) in it.</summary>
        public bool ContainsControl()
        {
            foreach (var character in text)
            {
                if (char.IsControl(character))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
