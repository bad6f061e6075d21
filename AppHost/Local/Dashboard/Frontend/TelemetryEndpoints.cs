using System.Globalization;
using Aspire.Hosting.Local.Dashboard.Telemetry;
using Microsoft.Extensions.Primitives;

namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>What the pages of logs, traces and metrics ask for. Times are milliseconds since the Unix epoch, durations too.</summary>
internal sealed class TelemetryEndpoints(TelemetryStore store, TimeProvider clock)
{
    private const int DefaultLimit = 200;
    private const int MaxLimit = 1_000;

    /// <summary>The message of a line in the list; the details have all of it.</summary>
    private const int MaxSummaryLength = 500;

    /// <summary>Logs that are shown on a trace.</summary>
    private const int MaxLogsOfTrace = 1_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/telemetry/resources", context => Answers.JsonAsync(context, store.Resources.Select(resource => new { resource.Name, resource.InstanceId, resource.Key })));
        routes.MapGet("/api/logs", LogsAsync);
        routes.MapGet("/api/logs/{number:long}", LogAsync);
        routes.MapGet("/api/traces", TracesAsync);
        routes.MapGet("/api/traces/{id}", TraceAsync);
        routes.MapGet("/api/metrics", InstrumentsAsync);
        routes.MapGet("/api/metrics/chart", ChartAsync);
    }

    /// <summary>Filters: <c>resource</c>, <c>level</c> (smallest severity), <c>text</c>, <c>trace</c>, <c>span</c>, <c>attr</c> as <c>name=value</c> or <c>name~part</c>.</summary>
    private Task LogsAsync(HttpContext context)
    {
        var query = context.Request.Query;
        TraceId traceId = default;
        SpanId spanId = default;
        if (!TryNumber(query["level"], 0, 24, 0, out var level)
            || !TryNumber(query["limit"], 1, MaxLimit, DefaultLimit, out var limit)
            || !TryNumber(query["before"], 1, long.MaxValue, long.MaxValue, out var before)
            || (query.ContainsKey("trace") && !TraceId.TryParse(query["trace"], out traceId))
            || (query.ContainsKey("span") && !SpanId.TryParse(query["span"], out spanId))
            || !TryAttributes(query["attr"], out var attributes))
        {
            return BadFilterAsync(context);
        }

        var resource = query["resource"].FirstOrDefault();
        var text = query["text"].FirstOrDefault();
        var page = store.Logs.Query(
            record => record.Severity >= level
                && record.Resource.Matches(resource)
                && (traceId.IsNone || record.TraceId == traceId)
                && (spanId.IsNone || record.SpanId == spanId)
                && (string.IsNullOrEmpty(text) || Contains(record.Message, text) || Contains(record.Category, text))
                && attributes.All(attribute => attribute.Matches(record.Attributes)),
            (int)limit,
            before);
        return Answers.JsonAsync(context, new
        {
            page.Matches,
            page.Kept,
            Records = page.Records.Select(found => Summary(found.Number, found.Record)),
        });
    }

    private Task LogAsync(HttpContext context)
    {
        var number = long.Parse((string)context.GetRouteValue("number")!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (store.Logs.Find(number) is not { } record)
        {
            return Answers.ErrorAsync(context, StatusCodes.Status404NotFound, "This record is not kept any more.");
        }

        return Answers.JsonAsync(context, new
        {
            Number = number,
            Time = Milliseconds(record.TimeUnixNano),
            Resource = record.Resource.Key,
            record.Category,
            record.Severity,
            record.SeverityText,
            record.Message,
            record.EventName,
            TraceId = Text(record.TraceId),
            SpanId = Text(record.SpanId),
            record.Attributes,
        });
    }

    /// <summary>Filters: <c>resource</c>, <c>text</c> (in the name of a span or the trace's id), <c>type</c>, <c>errors=1</c>.</summary>
    private Task TracesAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var type = SpanTypes.None;
        if (!TryNumber(query["limit"], 1, MaxLimit, DefaultLimit, out var limit)
            || (query["type"].FirstOrDefault() is { Length: > 0 } typeName && (!Enum.TryParse(typeName, ignoreCase: true, out type) || !Enum.IsDefined(type))))
        {
            return BadFilterAsync(context);
        }

        var resource = query["resource"].FirstOrDefault();
        var text = query["text"].FirstOrDefault();
        var onlyErrors = query.ContainsKey("errors");
        var isId = TraceId.TryParse(text, out var id);
        var page = store.Traces.Query(
            (trace, spans) => (type == SpanTypes.None || (trace.Types & type) != SpanTypes.None)
                && (!onlyErrors || trace.HasError)
                && (string.IsNullOrEmpty(resource) || trace.Resources.Any(one => one.Name == resource || one.Key == resource))
                && (string.IsNullOrEmpty(text) || (isId && trace.Id == id) || spans.Any(span => Contains(span.Name, text))),
            (int)limit);
        return Answers.JsonAsync(context, new
        {
            page.Matches,
            page.Kept,
            Traces = page.Traces.Select(trace => new
            {
                Id = trace.Id.ToString(),
                Name = trace.RootName,
                Resource = trace.RootResource.Name,
                Start = Milliseconds(trace.StartUnixNano),
                Duration = (trace.EndUnixNano - trace.StartUnixNano) / 1e6,
                trace.HasError,
                Resources = trace.Resources.Select(one => new { one.Name, one.Key, one.Spans, one.Errors }),
            }),
        });
    }

    private Task TraceAsync(HttpContext context)
    {
        if (!TraceId.TryParse((string)context.GetRouteValue("id")!, out var id) || store.Traces.Find(id) is not { } spans)
        {
            return Answers.ErrorAsync(context, StatusCodes.Status404NotFound, "This trace is not kept (any more).");
        }

        var logs = store.Logs.Query(record => record.TraceId == id, MaxLogsOfTrace);
        return Answers.JsonAsync(context, new
        {
            Id = id.ToString(),
            Spans = spans.OrderBy(span => span.StartUnixNano).Select(span => new
            {
                Id = span.SpanId.ToString(),
                Parent = Text(span.ParentId),
                span.Name,
                Resource = span.Resource.Key,
                Service = span.Resource.Name,
                span.Scope,
                span.Kind,
                Start = Milliseconds(span.StartUnixNano),
                Duration = (span.EndUnixNano - span.StartUnixNano) / 1e6,
                span.Status,
                span.StatusMessage,
                span.Attributes,
                Events = span.Events.Select(one => new { Time = Milliseconds(one.TimeUnixNano), one.Name, one.Attributes }),
                Links = span.Links.Select(one => new { TraceId = Text(one.TraceId), SpanId = Text(one.SpanId), one.Attributes }),
            }),
            Logs = logs.Records.Reverse().Select(found => Summary(found.Number, found.Record)),
            BackLinks = BackLinks(id),
        });
    }

    /// <summary>Spans of other traces that link to this one: a consumer that began a trace of its own.</summary>
    private List<object> BackLinks(TraceId id)
    {
        var found = new List<object>();
        store.Traces.Query(
            (trace, spans) =>
            {
                if (trace.Id != id && found.Count < DefaultLimit)
                {
                    foreach (var span in spans)
                    {
                        found.AddRange(span.Links.Where(link => link.TraceId == id)
                            .Select(link => new { TraceId = trace.Id.ToString(), SpanId = span.SpanId.ToString(), Target = Text(link.SpanId), span.Name, Resource = span.Resource.Key }));
                    }
                }

                return false;
            },
            limit: 0);
        return found;
    }

    private Task InstrumentsAsync(HttpContext context)
        => Answers.JsonAsync(context, store.Metrics.Read(
            _ => true,
            all => all.GroupBy(series => series.Resource.Name, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(resource => new
            {
                Resource = resource.Key,
                Meters = resource.GroupBy(series => series.Instrument.Meter, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(meter => new
                {
                    Name = meter.Key,
                    Instruments = meter.Select(series => series.Instrument).DistinctBy(one => one.Name, StringComparer.Ordinal).OrderBy(one => one.Name, StringComparer.Ordinal)
                        .Select(one => new { one.Name, one.Description, one.Unit, Kind = one.Kind.ToString() }).ToList(),
                }).ToList(),
            }).ToList()));

    /// <summary><c>resource</c>, <c>meter</c>, <c>instrument</c>, <c>minutes</c> (1–720), <c>attr</c> as <c>name=value</c>, <c>split</c>, <c>count=1</c>.</summary>
    private Task ChartAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (!TryNumber(query["minutes"], 1, (long)MetricSeries.Retention.TotalMinutes, 5, out var minutes) || !TryAttributes(query["attr"], out var attributes))
        {
            return BadFilterAsync(context);
        }

        var chart = new MetricQuery(
            query["resource"].ToString(),
            query["meter"].ToString(),
            query["instrument"].ToString(),
            TimeSpan.FromMinutes(minutes),
            attributes.GroupBy(attribute => attribute.Name, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => (IReadOnlySet<string>)group.Select(attribute => attribute.Value).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal),
            query["split"].FirstOrDefault() is { Length: > 0 } split ? split : null,
            query.ContainsKey("count")).Run(store.Metrics, clock.GetUtcNow());
        return chart is null
            ? Answers.ErrorAsync(context, StatusCodes.Status404NotFound, "Nothing is known of this instrument.")
            : Answers.JsonAsync(context, new
            {
                chart.Instrument.Name,
                chart.Instrument.Description,
                chart.Instrument.Unit,
                Kind = chart.Instrument.Kind.ToString(),
                chart.StepSeconds,
                chart.Times,
                chart.Lines,
                chart.Dimensions,
                chart.Series,
            });
    }

    private static object Summary(long number, LogRecord record) => new
    {
        Number = number,
        Time = Milliseconds(record.TimeUnixNano),
        Resource = record.Resource.Key,
        record.Category,
        record.Severity,
        Message = record.Message.Length <= MaxSummaryLength ? record.Message : record.Message[..MaxSummaryLength] + "…",
        TraceId = Text(record.TraceId),
        SpanId = Text(record.SpanId),
        HasException = record.Attributes.Any(attribute => attribute.Name is "exception.type" or "exception.stacktrace"),
    };

    private static bool Contains(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static double Milliseconds(ulong unixNano) => unixNano / 1_000 / 1e3;

    private static string? Text(TraceId id) => id.IsNone ? null : id.ToString();

    private static string? Text(SpanId id) => id.IsNone ? null : id.ToString();

    private static Task BadFilterAsync(HttpContext context) => Answers.ErrorAsync(context, StatusCodes.Status400BadRequest, "A filter cannot be read.");

    private static bool TryNumber(StringValues text, long min, long max, long otherwise, out long number)
    {
        number = otherwise;
        return StringValues.IsNullOrEmpty(text)
            || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= min && number <= max);
    }

    private static bool TryAttributes(StringValues texts, out List<AttributeFilter> filters)
    {
        filters = [];
        foreach (var text in texts)
        {
            var sign = text?.AsSpan().IndexOfAny('=', '~') ?? -1;
            if (sign <= 0)
            {
                return false;
            }

            filters.Add(new AttributeFilter(text![..sign], text[(sign + 1)..], Exact: text[sign] == '='));
        }

        return true;
    }

    private sealed record AttributeFilter(string Name, string Value, bool Exact)
    {
        public bool Matches(IReadOnlyList<TelemetryAttribute> attributes)
            => attributes.Any(attribute => attribute.Name == Name && (Exact ? attribute.Value == Value : Contains(attribute.Value, Value)));
    }
}
