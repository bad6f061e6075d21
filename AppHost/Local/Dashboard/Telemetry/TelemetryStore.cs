using System.Collections.Concurrent;
using Aspire.Hosting.Local.Dashboard.Live;

namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>All telemetry that the dashboard keeps, in memory, at most about 100 MB.</summary>
internal sealed class TelemetryStore(LogStore logs, TraceStore traces, MetricStore metrics)
{
    /// <summary>Names of senders are kept for the pickers even when their telemetry is gone; far more than an app model has.</summary>
    private const int MaxResources = 1_000;

    private readonly ConcurrentDictionary<string, TelemetryResource> resources = new(StringComparer.Ordinal);

    public LogStore Logs => logs;

    public TraceStore Traces => traces;

    public MetricStore Metrics => metrics;

    /// <summary>Beats after each batch.</summary>
    public Pulse Changed { get; } = new();

    public IEnumerable<TelemetryResource> Resources => resources.Values.OrderBy(resource => resource.Key, StringComparer.Ordinal);

    /// <summary>One object per sender.</summary>
    public TelemetryResource Intern(TelemetryResource resource)
    {
        if (resources.TryGetValue(resource.Key, out var known))
        {
            return known;
        }

        return resources.Count < MaxResources ? resources.GetOrAdd(resource.Key, resource) : resource;
    }

    /// <returns>How many were not kept.</returns>
    public int Add(IReadOnlyList<LogRecord> batch) => Beat(logs.Add(batch));

    /// <inheritdoc cref="Add(IReadOnlyList{LogRecord})"/>
    public int Add(IReadOnlyList<SpanRecord> batch) => Beat(traces.Add(batch));

    /// <inheritdoc cref="Add(IReadOnlyList{LogRecord})"/>
    public int Add(IReadOnlyList<MetricPoint> batch) => Beat(metrics.Add(batch));

    private int Beat(int refused)
    {
        Changed.Beat();
        return refused;
    }
}
