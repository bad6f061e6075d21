namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>One attribute; values of any OTLP type are kept as the text that a person reads.</summary>
internal readonly record struct TelemetryAttribute(string Name, string Value);

/// <summary>Who sent it: two with equal <c>service.name</c> differ by <c>service.instance.id</c>.</summary>
/// <param name="Name"><c>service.name</c>, or <c>unknown_service</c>.</param>
/// <param name="InstanceId"><c>service.instance.id</c>, or empty.</param>
internal sealed record TelemetryResource(string Name, string InstanceId)
{
    /// <summary>What stands in an address: the name means every instance, <c>name/instance</c> one.</summary>
    public string Key { get; } = InstanceId.Length == 0 ? Name : $"{Name}/{InstanceId}";

    public bool Matches(string? filter) => string.IsNullOrEmpty(filter) || filter == Name || filter == Key;
}

/// <param name="TimeUnixNano">Nanoseconds since the Unix epoch; the observed time where the record has none of its own.</param>
/// <param name="Severity">1–24 (OTLP <c>severity_number</c>), 0 unknown.</param>
/// <param name="Category">Name of the instrumentation scope: for .NET the logger's category.</param>
internal sealed record LogRecord(
    TelemetryResource Resource,
    string Category,
    ulong TimeUnixNano,
    int Severity,
    string SeverityText,
    string Message,
    string EventName,
    TraceId TraceId,
    SpanId SpanId,
    IReadOnlyList<TelemetryAttribute> Attributes)
{
    public long Bytes { get; } = 160 + Weight.Of(Message) + Weight.Of(Attributes);
}

/// <param name="Kind">OTLP <c>SpanKind</c>: 1 internal, 2 server, 3 client, 4 producer, 5 consumer; 0 unspecified.</param>
/// <param name="Status">0 unset, 1 ok, 2 error.</param>
internal sealed record SpanRecord(
    TelemetryResource Resource,
    string Scope,
    TraceId TraceId,
    SpanId SpanId,
    SpanId ParentId,
    string Name,
    int Kind,
    ulong StartUnixNano,
    ulong EndUnixNano,
    int Status,
    string StatusMessage,
    IReadOnlyList<TelemetryAttribute> Attributes,
    IReadOnlyList<SpanEvent> Events,
    IReadOnlyList<SpanLink> Links)
{
    public const int Error = 2;

    public long Bytes { get; } = 240 + Weight.Of(Name) + Weight.Of(StatusMessage) + Weight.Of(Attributes)
        + Events.Sum(e => 64 + Weight.Of(e.Name) + Weight.Of(e.Attributes)) + Links.Sum(l => 64 + Weight.Of(l.Attributes));
}

internal sealed record SpanEvent(ulong TimeUnixNano, string Name, IReadOnlyList<TelemetryAttribute> Attributes);

internal sealed record SpanLink(TraceId TraceId, SpanId SpanId, IReadOnlyList<TelemetryAttribute> Attributes);

internal enum InstrumentKind
{
    /// <summary>A sum that only rises: shown as a rate or as a count per step.</summary>
    Counter,

    /// <summary>A sum that may fall: shown as it is.</summary>
    UpDownCounter,

    Gauge,
    Histogram,
}

internal sealed record Instrument(string Meter, string Name, string Description, string Unit, InstrumentKind Kind);

/// <summary>One data point as it came in.</summary>
/// <param name="IsDelta">The value counts from <paramref name="StartUnixNano"/> on, not from the start of the process.</param>
internal sealed record MetricPoint(
    TelemetryResource Resource,
    Instrument Instrument,
    IReadOnlyList<TelemetryAttribute> Attributes,
    ulong StartUnixNano,
    ulong TimeUnixNano,
    bool IsDelta,
    double Value,
    HistogramValue? Histogram);

/// <param name="Bounds">Upper bounds of the buckets, rising; the last bucket has none.</param>
/// <param name="Buckets">One more than <paramref name="Bounds"/>.</param>
internal sealed record HistogramValue(double[] Bounds, ulong[] Buckets, ulong Count, double Sum);

/// <summary>What objects weigh, roughly and rather too much: strings of the pool are counted each time.</summary>
internal static class Weight
{
    public static long Of(string text) => text.Length == 0 ? 0 : 24 + (2 * text.Length);

    public static long Of(IReadOnlyList<TelemetryAttribute> attributes)
    {
        long sum = 24;
        foreach (var (name, value) in attributes)
        {
            sum += 16 + Of(name) + Of(value);
        }

        return sum;
    }
}
