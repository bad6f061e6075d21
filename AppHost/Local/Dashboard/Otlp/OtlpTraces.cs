using Aspire.Hosting.Local.Dashboard.Telemetry;

namespace Aspire.Hosting.Local.Dashboard.Otlp;

/// <summary>Reads an <c>ExportTraceServiceRequest</c>.</summary>
internal static class OtlpTraces
{
    /// <summary>OpenTelemetry's default limit of events and of links per span.</summary>
    private const int MaxEventsAndLinks = 128;

    /// <exception cref="InvalidDataException">Malformed.</exception>
    public static OtlpBatch<SpanRecord> Read(ReadOnlySpan<byte> request, Func<TelemetryResource, TelemetryResource> intern)
    {
        var spans = new List<SpanRecord>();
        var rejected = 0;
        OtlpEnvelope.Read(request, intern, (item, resource, scope) =>
        {
            var span = ReadSpan(item, resource, scope);
            // trace.proto: a span without both ids is invalid.
            if (span.TraceId.IsNone || span.SpanId.IsNone)
            {
                rejected++;
            }
            else
            {
                spans.Add(span);
            }
        });
        return new OtlpBatch<SpanRecord>(spans, rejected, rejected == 0 ? "" : "A span needs a trace id of 16 bytes and a span id of 8, not all zero.");
    }

    private static SpanRecord ReadSpan(ProtobufReader reader, TelemetryResource resource, string scope)
    {
        TraceId traceId = default;
        SpanId spanId = default, parentId = default;
        string name = "", statusMessage = "";
        int kind = 0, status = 0;
        ulong start = 0, end = 0;
        var attributes = new List<TelemetryAttribute>();
        List<SpanEvent>? events = null;
        List<SpanLink>? links = null;
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Bytes): traceId = TraceId.From(reader.ReadBytes()); break;
                case (2, WireType.Bytes): spanId = SpanId.From(reader.ReadBytes()); break;
                case (4, WireType.Bytes): parentId = SpanId.From(reader.ReadBytes()); break;
                case (5, WireType.Bytes): name = OtlpValues.ReadTruncatedString(ref reader); break;
                case (6, WireType.Varint): kind = reader.ReadVarint() is var k and <= 5 ? (int)k : 0; break;
                case (7, WireType.Fixed64): start = reader.ReadFixed64(); break;
                case (8, WireType.Fixed64): end = reader.ReadFixed64(); break;
                case (9, WireType.Bytes): OtlpValues.ReadAttribute(reader.ReadMessage(), attributes); break;
                case (11, WireType.Bytes): AddBounded(ref events, ReadEvent(reader.ReadMessage())); break;
                case (13, WireType.Bytes): AddBounded(ref links, ReadLink(reader.ReadMessage())); break;
                case (15, WireType.Bytes): (status, statusMessage) = ReadStatus(reader.ReadMessage()); break;
                default: reader.Skip(type); break;
            }
        }

        return new SpanRecord(
            resource, scope, traceId, spanId, parentId, name, kind, start, Math.Max(start, end), status, statusMessage,
            [.. attributes], events is null ? [] : [.. events], links is null ? [] : [.. links]);
    }

    private static SpanEvent ReadEvent(ProtobufReader reader)
    {
        ulong time = 0;
        var name = "";
        var attributes = new List<TelemetryAttribute>();
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Fixed64): time = reader.ReadFixed64(); break;
                case (2, WireType.Bytes): name = OtlpValues.ReadTruncatedString(ref reader); break;
                case (3, WireType.Bytes): OtlpValues.ReadAttribute(reader.ReadMessage(), attributes); break;
                default: reader.Skip(type); break;
            }
        }

        return new SpanEvent(time, name, [.. attributes]);
    }

    private static SpanLink ReadLink(ProtobufReader reader)
    {
        TraceId traceId = default;
        SpanId spanId = default;
        var attributes = new List<TelemetryAttribute>();
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Bytes): traceId = TraceId.From(reader.ReadBytes()); break;
                case (2, WireType.Bytes): spanId = SpanId.From(reader.ReadBytes()); break;
                case (4, WireType.Bytes): OtlpValues.ReadAttribute(reader.ReadMessage(), attributes); break;
                default: reader.Skip(type); break;
            }
        }

        return new SpanLink(traceId, spanId, [.. attributes]);
    }

    private static (int Code, string Message) ReadStatus(ProtobufReader reader)
    {
        var code = 0;
        var message = "";
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (2, WireType.Bytes): message = OtlpValues.ReadTruncatedString(ref reader); break;
                case (3, WireType.Varint): code = reader.ReadVarint() is var c and <= 2 ? (int)c : 0; break;
                default: reader.Skip(type); break;
            }
        }

        return (code, message);
    }

    private static void AddBounded<T>(ref List<T>? list, T item)
    {
        list ??= [];
        if (list.Count < MaxEventsAndLinks)
        {
            list.Add(item);
        }
    }
}
