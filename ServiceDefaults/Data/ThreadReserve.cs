using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ServiceDefaults.Data;

/// <summary>
/// Lets the thread pool have threads at once while a dependency is away. Npgsql asks the server to stop a statement that took too long from a
/// thread that waits meanwhile; when the server stands still all connections do that, and the pool, which adds a thread or two in a second,
/// would have none left for anybody. Not at other times: more threads make small requests cost more.
/// </summary>
internal sealed class ThreadReserve : IHealthCheckPublisher
{
    private readonly int _few;
    private readonly int _many;
    private readonly int _completionPorts;

    /// <param name="blocked">Threads that may all wait.</param>
    public ThreadReserve(int blocked)
    {
        ThreadPool.GetMinThreads(out _few, out _completionPorts);
        _many = Math.Max(_few, blocked + Environment.ProcessorCount);
    }

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        ThreadPool.SetMinThreads(report.Status == HealthStatus.Unhealthy ? _many : _few, _completionPorts);
        return Task.CompletedTask;
    }
}
