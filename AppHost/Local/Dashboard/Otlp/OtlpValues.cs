using System.Globalization;
using System.Text;
using System.Text.Json;
using Aspire.Hosting.Local.Dashboard.Telemetry;

namespace Aspire.Hosting.Local.Dashboard.Otlp;

/// <summary>Attributes and values (<c>common.proto</c>): any type becomes the text that a person reads, with bounds.</summary>
internal static class OtlpValues
{
    /// <summary>OpenTelemetry's default limit of attributes per span or record.</summary>
    public const int MaxAttributes = 128;

    /// <summary>A long stack trace fits; a dumped document does not.</summary>
    public const int MaxTextLength = 16 * 1024;

    /// <summary>Values may hold values; nobody writes them this deep, and each level costs stack.</summary>
    public const int MaxDepth = 16;

    /// <summary>Reads a <c>KeyValue</c> and appends it, unless there are enough.</summary>
    public static void ReadAttribute(ProtobufReader reader, List<TelemetryAttribute> attributes)
    {
        var (name, value) = ReadKeyValue(reader);
        if (attributes.Count < MaxAttributes && name.Length > 0)
        {
            attributes.Add(new TelemetryAttribute(Truncate(name), value));
        }
    }

    /// <summary>Reads an <c>AnyValue</c>.</summary>
    public static string ReadText(ProtobufReader reader) => Truncate(ReadAny(reader, MaxDepth) switch
    {
        null => "",
        string text => text,
        bool boolean => boolean ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        var other => Json(other),
    });

    public static string ReadTruncatedString(ref ProtobufReader reader) => Truncate(reader.ReadString());

    private static (string Name, string Value) ReadKeyValue(ProtobufReader reader)
    {
        string name = "", value = "";
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Bytes): name = reader.ReadString(); break;
                case (2, WireType.Bytes): value = ReadText(reader.ReadMessage()); break;
                default: reader.Skip(type); break;
            }
        }

        return (name, value);
    }

    /// <returns>A string, bool, long, double, <see cref="List{T}"/> of such, dictionary of such, or null.</returns>
    private static object? ReadAny(ProtobufReader reader, int depth)
    {
        if (depth == 0)
        {
            throw new InvalidDataException("A value is nested too deeply.");
        }

        object? value = null;
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Bytes): value = reader.ReadString(); break;
                case (2, WireType.Varint): value = reader.ReadVarint() != 0; break;
                case (3, WireType.Varint): value = unchecked((long)reader.ReadVarint()); break;
                case (4, WireType.Fixed64): value = reader.ReadDouble(); break;
                case (5, WireType.Bytes): value = ReadArray(reader.ReadMessage(), depth - 1); break;
                case (6, WireType.Bytes): value = ReadMap(reader.ReadMessage(), depth - 1); break;
                case (7, WireType.Bytes): value = Convert.ToBase64String(reader.ReadBytes()); break;
                default: reader.Skip(type); break;
            }
        }

        return value;
    }

    private static List<object?> ReadArray(ProtobufReader reader, int depth)
    {
        var values = new List<object?>();
        while (reader.TryReadField(out var field, out var type))
        {
            if ((field, type) == (1, WireType.Bytes))
            {
                values.Add(ReadAny(reader.ReadMessage(), depth));
            }
            else
            {
                reader.Skip(type);
            }
        }

        return values;
    }

    private static Dictionary<string, object?> ReadMap(ProtobufReader reader, int depth)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        while (reader.TryReadField(out var field, out var type))
        {
            if ((field, type) != (1, WireType.Bytes))
            {
                reader.Skip(type);
                continue;
            }

            var pair = reader.ReadMessage();
            var name = "";
            object? value = null;
            while (pair.TryReadField(out var pairField, out var pairType))
            {
                switch (pairField, pairType)
                {
                    case (1, WireType.Bytes): name = pair.ReadString(); break;
                    case (2, WireType.Bytes): value = ReadAny(pair.ReadMessage(), depth); break;
                    default: pair.Skip(pairType); break;
                }
            }

            values[name] = value;
        }

        return values;
    }

    private static string Json(object value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(writer, value);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case string text: writer.WriteStringValue(text); break;
            case bool boolean: writer.WriteBooleanValue(boolean); break;
            case long number: writer.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): writer.WriteNumberValue(number); break;
            case double number: writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); break;
            case List<object?> list:
                writer.WriteStartArray();
                list.ForEach(item => Write(writer, item));
                writer.WriteEndArray();
                break;
            case Dictionary<string, object?> map:
                writer.WriteStartObject();
                foreach (var (name, item) in map)
                {
                    writer.WritePropertyName(name);
                    Write(writer, item);
                }

                writer.WriteEndObject();
                break;
            default: writer.WriteNullValue(); break;
        }
    }

    private static string Truncate(string text) => text.Length <= MaxTextLength
        ? text
        : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, MaxTextLength)}… ({text.Length - MaxTextLength} more characters)");
}
