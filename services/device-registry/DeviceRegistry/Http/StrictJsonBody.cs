using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using DeviceRegistry.Domain;
using ServiceDefaults.Jose;

namespace DeviceRegistry.Http;

/// <summary>
/// A request body: one JSON object, read strictly (contract §1). Two readers of one text must not see two meanings, so duplicate
/// members, trailing data and bytes that are not UTF-8 are refused. Unknown members are ignored, names are case-sensitive.
/// </summary>
internal sealed class StrictJsonBody : IDisposable
{
    /// <summary>Most operations: 64 KiB.</summary>
    public const int DefaultLimit = 64 * 1024;

    /// <summary>Operations that take ciphertext or a key for every device: 1 MiB.</summary>
    public const int LargeLimit = 1024 * 1024;

    private const int MaximumDepth = 16;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = MaximumDepth };

    private readonly byte[] _buffer;
    private readonly int _length;
    private readonly JsonDocument _document;
    private Dictionary<string, string>? _faults;
    private Problem? _problem;

    private StrictJsonBody(byte[] buffer, int length, JsonDocument document)
    {
        _buffer = buffer;
        _length = length;
        _document = document;
    }

    /// <summary>
    /// What was wrong with the fields as they were read: <c>VALIDATION_FAILED</c> with their names, or, when all are well-formed, the code that one
    /// of them has of its own; <see langword="null"/> when all were good.
    /// </summary>
    public IResult? Refusal => _faults is not null ? DeviceRegistryProblems.ValidationFailed.With(_faults) : _problem;

    /// <summary>
    /// Reads the body of an operation that does not need one: no bytes at all, of whatever media type, are <c>{}</c>. What clients send where they
    /// have nothing to say is not held against them.
    /// </summary>
    /// <inheritdoc cref="ReadAsync"/>
    public static ValueTask<(StrictJsonBody? Body, Problem? Problem)> ReadOptionalAsync(HttpRequest request, int limit)
        => ReadCoreAsync(request, limit, isOptional: true);

    /// <summary>Reads the body: media type (415), size (413), then syntax (400).</summary>
    /// <param name="limit">The most bytes that the operation takes.</param>
    /// <returns>The body, or the problem with it.</returns>
    public static ValueTask<(StrictJsonBody? Body, Problem? Problem)> ReadAsync(HttpRequest request, int limit)
        => ReadCoreAsync(request, limit, isOptional: false);

    private static async ValueTask<(StrictJsonBody? Body, Problem? Problem)> ReadCoreAsync(HttpRequest request, int limit, bool isOptional)
    {
        if (!isOptional && !IsJson(request))
        {
            return (null, DeviceRegistryProblems.UnsupportedMediaType);
        }

        if (request.ContentLength > limit)
        {
            return (null, DeviceRegistryProblems.PayloadTooLarge);
        }

        // One byte more than allowed is enough to know that a body of unknown length is too large.
        var buffer = ArrayPool<byte>.Shared.Rent((int)(request.ContentLength ?? limit) + 2);
        var length = 0;
        try
        {
            while (length <= limit && length < buffer.Length)
            {
                var read = await request.Body.ReadAsync(buffer.AsMemory(length), request.HttpContext.RequestAborted);
                if (read == 0)
                {
                    if (isOptional && length == 0)
                    {
                        "{}"u8.CopyTo(buffer);
                        length = 2;
                    }
                    else if (isOptional && !IsJson(request))
                    {
                        return Refuse(buffer, length, DeviceRegistryProblems.UnsupportedMediaType);
                    }

                    return Parse(buffer, length) is { } body ? (body, null) : Refuse(buffer, length, DeviceRegistryProblems.InvalidJson);
                }

                length += read;
            }

            return Refuse(buffer, length, DeviceRegistryProblems.PayloadTooLarge);
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
    /// <param name="allowControls">Whether control characters are admitted, all but U+0000, which the database cannot hold.</param>
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
    public string? OptionalString(string name, int maximumLength, bool allowControls = false)
        => TryGet(name, out var value) ? String(name, value, minimumLength: 0, maximumLength, trim: false, allowControls) : null;

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

    /// <summary>Reads bytes in standard base64 that have to be there.</summary>
    /// <param name="minimum">The fewest bytes.</param>
    /// <param name="maximum">The most.</param>
    /// <param name="problem">How text that is not so is refused; <see langword="null"/>: as a fault of the field.</param>
    public byte[] RequiredBytes(string name, int minimum, int maximum, Problem? problem = null)
    {
        if (OptionalBytes(name, minimum, maximum, problem) is { } bytes)
        {
            return bytes;
        }

        if (!TryGet(name, out _))
        {
            Fault(name, "required");
        }

        return [];
    }

    /// <summary>Reads bytes in standard base64 that may be missing or <c>null</c>.</summary>
    /// <inheritdoc cref="RequiredBytes"/>
    public byte[]? OptionalBytes(string name, int minimum, int maximum, Problem? problem = null)
        => TryGet(name, out var value) ? Bytes(value, name, minimum, maximum, problem) : null;

    /// <summary>Reads a wrapped key that has to be there.</summary>
    public byte[] RequiredWrappedKey(string name)
        => RequiredBytes(name, PublishedLimits.MinimumCiphertext, PublishedLimits.MaximumWrappedKey, DeviceRegistryProblems.InvalidEncryptedKey);

    /// <summary>Reads a device's public key that has to be there.</summary>
    public DevicePublicKey? RequiredPublicKey(string name)
    {
        if (!TryGet(name, out _))
        {
            Fault(name, "required");
        }

        return OptionalPublicKey(name);
    }

    /// <summary>Reads a device's public key that may be missing or <c>null</c>.</summary>
    public DevicePublicKey? OptionalPublicKey(string name) => TryGet(name, out var value) ? PublicKey(value, name) : null;

    /// <summary>Reads the elements of an array of objects that may be missing or <c>null</c>.</summary>
    public List<Element>? OptionalObjects(string name, int maximumCount)
    {
        if (!TryGet(name, out var array))
        {
            return null;
        }

        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > maximumCount)
        {
            Fault(name, $"must be an array of at most {maximumCount} objects");
            return null;
        }

        var elements = new List<Element>(array.GetArrayLength());
        foreach (var element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                Fault(name, $"must be an array of at most {maximumCount} objects");
                return null;
            }

            elements.Add(new Element(this, element, $"{name}[{elements.Count}]"));
        }

        return elements;
    }

    /// <summary>Reads an array of strings that has to be there.</summary>
    public List<string> RequiredStrings(string name, int maximumCount, int maximumLength)
    {
        if (!TryGet(name, out var array))
        {
            Fault(name, "required");
            return [];
        }

        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > maximumCount
            || array.EnumerateArray().Any(one => one.ValueKind != JsonValueKind.String || one.GetString() is not { Length: > 0 } text || text.Length > maximumLength || text.AsSpan().ContainsControl()))
        {
            Fault(name, $"must be an array of at most {maximumCount} strings of 1–{maximumLength} characters");
            return [];
        }

        return [.. array.EnumerateArray().Select(one => one.GetString()!)];
    }

    /// <summary>Reads <c>groupId</c>, which may be missing and otherwise repeats the path.</summary>
    public void CheckGroupId(long expected)
    {
        if (OptionalInteger("groupId") is { } groupId && groupId != expected)
        {
            Refuse(DeviceRegistryProblems.GroupMismatch);
        }
    }

    /// <summary>Notes that a field is not acceptable.</summary>
    /// <returns>A value to go on with.</returns>
    public string Fault(string name, string reason)
    {
        (_faults ??= new Dictionary<string, string>(StringComparer.Ordinal)).TryAdd(name, reason);
        return "";
    }

    /// <summary>Notes that a field is well-formed text, but not what it should stand for; the first such field decides.</summary>
    public void Refuse(Problem problem) => _problem ??= problem;

    public void Dispose()
    {
        _document.Dispose();
        Return(_buffer, _length);
    }

    private static bool IsJson(HttpRequest request)
        => Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));

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

        if (document.RootElement.ValueKind == JsonValueKind.Object && IsReadable(document.RootElement))
        {
            return new StrictJsonBody(buffer, length, document);
        }

        document.Dispose();
        return null;
    }

    // An escape for half of a surrogate pair is valid JSON, but no Unicode text (RFC 8259 §8.2).
    private static bool IsReadable(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return !JsonMarshal.GetRawUtf8Value(json).Contains((byte)'\\') || JoseJson.TextOrNull(json) is not null;
            case JsonValueKind.Array:
                return json.EnumerateArray().All(IsReadable);
            case JsonValueKind.Object:
                return json.EnumerateObject().All(member => IsReadable(member.Value));
            default:
                return true;
        }
    }

    private byte[]? Bytes(JsonElement value, string name, int minimum, int maximum, Problem? problem)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            Fault(name, "must be a string");
            return null;
        }

        if (Base64Text.Decode(Utf8Of(value), minimum, maximum) is { } bytes)
        {
            return bytes;
        }

        if (problem is null)
        {
            Fault(name, $"must be base64 of {minimum}–{maximum} bytes");
        }
        else
        {
            Refuse(problem);
        }

        return null;
    }

    private DevicePublicKey? PublicKey(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            Fault(name, "must be a string");
            return null;
        }

        if (DevicePublicKey.FromBase64(Utf8Of(value)) is { } key)
        {
            return key;
        }

        Refuse(DeviceRegistryProblems.InvalidPublicKey);
        return null;
    }

    // A megabyte of base64 has no escapes: then the text in the body is the value, and nothing is copied.
    private static ReadOnlySpan<byte> Utf8Of(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        return raw.Contains((byte)'\\') ? System.Text.Encoding.UTF8.GetBytes(value.GetString()!) : raw;
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

        return (allowControls ? text.Contains('\0', StringComparison.Ordinal) : text.AsSpan().ContainsControl())
            ? Fault(name, "must not contain control characters")
            : text;
    }

    private static (StrictJsonBody?, Problem?) Refuse(byte[] buffer, int length, Problem problem)
    {
        Return(buffer, length);
        return (null, problem);
    }

    private static void Return(byte[] buffer, int length)
    {
        // Wrapped keys and push tokens do not stay behind in a pool.
        buffer.AsSpan(0, Math.Min(length, buffer.Length)).Clear();
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>An object in an array of the body.</summary>
    internal readonly struct Element(StrictJsonBody body, JsonElement json, string path)
    {
        /// <summary>A string of whatever content, cut to what can be repeated in an answer; <see langword="null"/>, and a fault, when it is none.</summary>
        public string? RequiredText(string name)
        {
            if (json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
            {
                var text = value.GetString()!;
                return text.Length <= 64 ? text : text[..64];
            }

            body.Fault($"{path}.{name}", "must be a string");
            return null;
        }

        /// <inheritdoc cref="StrictJsonBody.RequiredBytes"/>
        public byte[] RequiredBytes(string name, int minimum, int maximum, Problem problem)
        {
            if (json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                return body.Bytes(value, $"{path}.{name}", minimum, maximum, problem) ?? [];
            }

            body.Fault($"{path}.{name}", "required");
            return [];
        }

        /// <inheritdoc cref="StrictJsonBody.OptionalPublicKey"/>
        public DevicePublicKey? OptionalPublicKey(string name)
            => json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? body.PublicKey(value, $"{path}.{name}") : null;
    }
}
