namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>What a span is about, told by its attributes (OpenTelemetry semantic conventions).</summary>
[Flags]
internal enum SpanTypes
{
    None = 0,
    Http = 1,
    Database = 2,
    Messaging = 4,
    Rpc = 8,
}

/// <summary>One line of the list of traces.</summary>
/// <param name="RootName">Name of the span that began it: the one without a parent, or the earliest while that has not come in.</param>
internal sealed record TraceSummary(
    TraceId Id,
    string RootName,
    TelemetryResource RootResource,
    ulong StartUnixNano,
    ulong EndUnixNano,
    SpanTypes Types,
    IReadOnlyList<TraceResource> Resources)
{
    public bool HasError => Resources.Any(resource => resource.Errors > 0);

    public static TraceSummary Of(TraceId id, IReadOnlyList<SpanRecord> spans)
    {
        var root = spans[0];
        ulong start = ulong.MaxValue, end = 0;
        var types = SpanTypes.None;
        var resources = new Dictionary<string, TraceResource>(StringComparer.Ordinal);
        foreach (var span in spans)
        {
            start = Math.Min(start, span.StartUnixNano);
            end = Math.Max(end, span.EndUnixNano);
            types |= TypesOf(span);
            var isEarlier = span.StartUnixNano < root.StartUnixNano;
            if (span.ParentId.IsNone ? isEarlier || !root.ParentId.IsNone : isEarlier && !root.ParentId.IsNone)
            {
                root = span;
            }

            var seen = resources.GetValueOrDefault(span.Resource.Key) ?? new TraceResource(span.Resource.Name, span.Resource.Key, 0, 0, span.StartUnixNano);
            resources[span.Resource.Key] = seen with
            {
                Spans = seen.Spans + 1,
                Errors = seen.Errors + (span.Status == SpanRecord.Error ? 1 : 0),
                FirstUnixNano = Math.Min(seen.FirstUnixNano, span.StartUnixNano),
            };
        }

        return new TraceSummary(id, root.Name, root.Resource, start, end, types, [.. resources.Values.OrderBy(resource => resource.FirstUnixNano)]);
    }

    public static SpanTypes TypesOf(SpanRecord span)
    {
        var types = SpanTypes.None;
        foreach (var (name, _) in span.Attributes)
        {
            types |= name switch
            {
                "http.request.method" or "http.method" => SpanTypes.Http,
                "db.system" or "db.system.name" => SpanTypes.Database,
                "messaging.system" => SpanTypes.Messaging,
                "rpc.system" or "rpc.system.name" => SpanTypes.Rpc,
                _ => SpanTypes.None,
            };
        }

        return types;
    }
}

internal sealed record TraceResource(string Name, string Key, int Spans, int Errors, ulong FirstUnixNano);
