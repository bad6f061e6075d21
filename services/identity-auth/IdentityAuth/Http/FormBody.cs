using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using IdentityAuth.Domain;

namespace IdentityAuth.Http;

/// <summary>
/// A request body, read as this API reads it (contract §1.1, §1.3): what is missing, empty or no JSON is <c>{}</c>, the media type does not
/// matter, unknown members are ignored, strings are normalised, and what is wrong is collected in <see cref="Errors"/>.
/// </summary>
internal sealed class FormBody : IDisposable
{
    /// <summary>64 KiB.</summary>
    public const int Limit = 64 * 1024;

    private const int MaximumDepth = 32;

    private readonly JsonDocument? _document;

    private FormBody(JsonDocument? document)
    {
        _document = document;
        if (document is not null && document.RootElement.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
        {
            Errors.Add("root", FieldCodes.InvalidFormat);
        }
    }

    /// <summary>What was wrong with the fields that were read.</summary>
    public FieldErrors Errors { get; } = new();

    private bool HasMembers => _document is { RootElement.ValueKind: JsonValueKind.Object };

    /// <summary>Reads the body.</summary>
    /// <exception cref="BadHttpRequestException">413: it is larger than <see cref="Limit"/>.</exception>
    public static async ValueTask<FormBody> ReadAsync(HttpContext http)
    {
        var request = http.Request;
        if (request.ContentLength == 0)
        {
            return new FormBody(null);
        }

        if (request.ContentLength > Limit)
        {
            throw TooLarge();
        }

        // One byte more than allowed is enough to know that a body of unknown length is too large.
        var buffer = ArrayPool<byte>.Shared.Rent((int)(request.ContentLength ?? Limit) + 1);
        var length = 0;
        try
        {
            while (length <= Limit)
            {
                var read = await request.Body.ReadAsync(buffer.AsMemory(length), http.RequestAborted);
                if (read == 0)
                {
                    return new FormBody(Parse(buffer.AsSpan(0, length)));
                }

                length += read;
                if (length == buffer.Length && length <= Limit)
                {
                    throw TooLarge();
                }
            }

            throw TooLarge();
        }
        finally
        {
            // Passwords and tokens do not stay behind in a pool.
            buffer.AsSpan(0, Math.Min(length, buffer.Length)).Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whether a member is there, whatever its value.</summary>
    public bool Has(string name) => TryGet(name, out _);

    /// <summary>Whether a member is there and stands for nothing: <c>null</c>, or a string that is empty once normalised.</summary>
    public bool IsNull(string name) => TryGet(name, out var value) && IsNull(value);

    /// <summary>The text of a member that is a number, or a string of one; <see langword="null"/> for anything else.</summary>
    public string? NumberText(string name) => !TryGet(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.String => StringOf(value),
        _ => null,
    };

    /// <summary>A string that has to be there.</summary>
    /// <param name="minimum">Its length in UTF-16 code units.</param>
    /// <returns>The text; an empty one when it was wrong, which <see cref="Errors"/> says.</returns>
    public string Text(string name, int minimum = 1, int maximum = 256) => Required(name, OptionalText(name, minimum, maximum)) ?? "";

    /// <summary>A string that may be missing, but may not be null or empty unless <paramref name="nullable"/>.</summary>
    public string? OptionalText(string name, int minimum = 1, int maximum = 256, bool nullable = false)
    {
        if (ReadString(name, nullable) is not { } text)
        {
            return null;
        }

        if (text.Length < minimum || text.Length > maximum)
        {
            return Fault(name, minimum == maximum ? FieldCodes.StringLengthExact : FieldCodes.StringLengthInvalid);
        }

        return text;
    }

    public string Email(string name) => Required(name, OptionalEmail(name)) ?? "";

    public string? OptionalEmail(string name)
        => ReadString(name, nullable: false) is not { } text ? null : EmailAddress.Check(text) switch
        {
            EmailFault.None => text,
            EmailFault.Length => Fault(name, FieldCodes.EmailLengthInvalid),
            EmailFault.LocalPart => Fault(name, FieldCodes.InvalidEmailLocalPart),
            _ => Fault(name, FieldCodes.InvalidEmailFormat),
        };

    public string Password(string name) => Required(name, OptionalPassword(name)) ?? "";

    public string? OptionalPassword(string name)
        => ReadString(name, nullable: false) is not { } text ? null
            : text.Length is >= 8 and <= 256 ? text : Fault(name, FieldCodes.PasswordLengthInvalid);

    public string? OptionalUsername(string name)
        => ReadString(name, nullable: false) is not { } text ? null : IdentityAuth.Domain.Names.CheckUsername(text) switch
        {
            NameFault.None => text,
            NameFault.Length => Fault(name, FieldCodes.UsernameLengthInvalid),
            NameFault.Characters => Fault(name, FieldCodes.UsernameInvalidCharacters),
            NameFault.Reserved => Fault(name, FieldCodes.UsernameReservedValue),
            _ => Fault(name, FieldCodes.UsernameCannotContainReservedTerms),
        };

    public string GlobalName(string name) => Required(name, OptionalGlobalName(name)) ?? "";

    public string? OptionalGlobalName(string name, bool nullable = false)
    {
        if (ReadString(name, nullable) is not { } text)
        {
            return null;
        }

        var clean = IdentityAuth.Domain.Names.CleanGlobalName(text);
        return IdentityAuth.Domain.Names.CheckGlobalName(clean) switch
        {
            NameFault.None => clean,
            NameFault.Length => Fault(name, FieldCodes.GlobalNameLengthInvalid),
            NameFault.Reserved => Fault(name, FieldCodes.GlobalNameReservedValue),
            _ => Fault(name, FieldCodes.GlobalNameCannotContainReservedTerms),
        };
    }

    public string Phone(string name)
    {
        var text = Text(name, 1, int.MaxValue);
        return text.Length == 0 || PhoneNumber.IsValid(text) ? text : Fault(name, FieldCodes.PhoneNumberInvalidFormat) ?? "";
    }

    /// <summary>A truth value that has to be there.</summary>
    public bool Bool(string name)
    {
        if (TryGet(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Fault(name, FieldCodes.InvalidFormat);
        return false;
    }

    /// <summary>One of some words that may be missing.</summary>
    public string? OptionalWord(string name, params ReadOnlySpan<string> words)
        => ReadString(name, nullable: false) is not { } text ? null : words.Contains(text) ? text : Fault(name, FieldCodes.InvalidFormat);

    /// <summary>An object that may be missing; empty and all-null ones count as <c>null</c>, which is a fault. Outlives this body.</summary>
    public JsonElement? OptionalObject(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().All(member => IsNull(member.Value)))
        {
            Fault(name, FieldCodes.InvalidFormat);
            return null;
        }

        return value.Clone();
    }

    /// <summary>An object that has to be there. Outlives this body.</summary>
    public JsonElement? Object(string name)
    {
        var value = OptionalObject(name);
        if (value is null)
        {
            Fault(name, FieldCodes.InvalidFormat);
        }

        return value;
    }

    /// <summary>A list of strings that has to be there.</summary>
    public IReadOnlyList<string> Texts(string name, int maximumCount, int maximumLength)
    {
        if (!TryGet(name, out var value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > maximumCount)
        {
            Fault(name, FieldCodes.InvalidFormat);
            return [];
        }

        var texts = new List<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || StringOf(item) is not { } text || text.Length is 0 || text.Length > maximumLength)
            {
                Fault(name, FieldCodes.InvalidFormat);
                return [];
            }

            texts.Add(text);
        }

        return texts;
    }

    /// <summary>Notes that a field is wrong.</summary>
    public string? Fault(string name, string code)
    {
        Errors.Add(name, code);
        return null;
    }

    public void Dispose() => _document?.Dispose();

    private static BadHttpRequestException TooLarge() => new("The body is too large.", StatusCodes.Status413PayloadTooLarge);

    private static JsonDocument? Parse(ReadOnlySpan<byte> json)
    {
        // The parser looks at the bytes of a string only when it is read.
        if (!Utf8.IsValid(json))
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth });
            var document = JsonDocument.ParseValue(ref reader);
            if (!reader.Read() && HasReadableNames(json))
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // An escape for half of a surrogate pair is valid JSON, but no Unicode text (RFC 8259 §8.2). In a name it would come out only when
    // a member is looked for, and then as a failure of ours.
    private static bool HasReadableNames(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth });
        try
        {
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.PropertyName, ValueIsEscaped: true })
                {
                    _ = reader.GetString();
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
    {
        value = default;
        return HasMembers && _document!.RootElement.TryGetProperty(name, out value);
    }

    private string? Required(string name, string? value)
    {
        if (value is null && !TryGet(name, out _))
        {
            Fault(name, FieldCodes.InvalidFormat);
        }

        return value;
    }

    // Null for a member that is not there, and for one that is wrong, which is noted.
    private string? ReadString(string name, bool nullable)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        if (IsNull(value))
        {
            return nullable ? null : Fault(name, FieldCodes.InvalidFormat);
        }

        return value.ValueKind == JsonValueKind.String ? StringOf(value) : Fault(name, FieldCodes.InvalidFormat);
    }

    private static bool IsNull(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.String => StringOf(value) is "" or null,
        JsonValueKind.Object => value.EnumerateObject().All(member => IsNull(member.Value)),
        _ => false,
    };

    // Null for a text with half of a surrogate pair.
    private static string? StringOf(JsonElement value)
    {
        try
        {
            return RequestText.Normalize(value.GetString()!);
        }
        catch (InvalidOperationException) when (JsonMarshal.GetRawUtf8Value(value).Contains((byte)'\\'))
        {
            return null;
        }
    }
}
