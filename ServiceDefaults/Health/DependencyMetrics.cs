using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ServiceDefaults.Health;

/// <summary>The meter <c>ServiceDefaults.Health</c>: the state of what a service depends on, as its health checks see it.</summary>
internal sealed class DependencyMetrics : IHealthCheckPublisher
{
    public const string Name = "ServiceDefaults.Health";

    /// <summary>How often the checks run for it.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly Gauge<int> _up;

    public DependencyMetrics(IMeterFactory meters)
        => _up = meters.Create(Name).CreateGauge<int>("dependency.up", "1", "Whether a dependency answers this instance: 1, or 0 when it does not.");

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var (name, entry) in report.Entries)
        {
            _up.Record(entry.Status == HealthStatus.Unhealthy ? 0 : 1, new KeyValuePair<string, object?>("name", name));
        }

        return Task.CompletedTask;
    }
}
