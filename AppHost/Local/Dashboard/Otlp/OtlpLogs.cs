using Aspire.Hosting.Local.Dashboard.Telemetry;

namespace Aspire.Hosting.Local.Dashboard.Otlp;

/// <summary>Reads an <c>ExportLogsServiceRequest</c>.</summary>
internal static class OtlpLogs
{
    /// <exception cref="InvalidDataException">Malformed.</exception>
    public static OtlpBatch<LogRecord> Read(ReadOnlySpan<byte> request, Func<TelemetryResource, TelemetryResource> intern)
    {
        var records = new List<LogRecord>();
        OtlpEnvelope.Read(request, intern, (item, resource, scope) => records.Add(ReadRecord(item, resource, scope)));
        return new OtlpBatch<LogRecord>(records, 0, "");
    }

    private static LogRecord ReadRecord(ProtobufReader reader, TelemetryResource resource, string category)
    {
        ulong time = 0, observed = 0;
        var severity = 0;
        string severityText = "", body = "", eventName = "";
        TraceId traceId = default;
        SpanId spanId = default;
        var attributes = new List<TelemetryAttribute>();
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Fixed64): time = reader.ReadFixed64(); break;
                case (2, WireType.Varint): severity = (int)Math.Min(reader.ReadVarint(), 24); break;
                case (3, WireType.Bytes): severityText = OtlpValues.ReadTruncatedString(ref reader); break;
                case (5, WireType.Bytes): body = OtlpValues.ReadText(reader.ReadMessage()); break;
                case (6, WireType.Bytes): OtlpValues.ReadAttribute(reader.ReadMessage(), attributes); break;
                // logs.proto: an id of another length counts as absent, the record stays.
                case (9, WireType.Bytes): traceId = TraceId.From(reader.ReadBytes()); break;
                case (10, WireType.Bytes): spanId = SpanId.From(reader.ReadBytes()); break;
                case (11, WireType.Fixed64): observed = reader.ReadFixed64(); break;
                case (12, WireType.Bytes): eventName = OtlpValues.ReadTruncatedString(ref reader); break;
                default: reader.Skip(type); break;
            }
        }

        return new LogRecord(resource, category, time != 0 ? time : observed, severity, severityText, body, eventName, traceId, spanId, [.. attributes]);
    }
}
