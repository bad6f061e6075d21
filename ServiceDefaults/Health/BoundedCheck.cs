using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ServiceDefaults.Health;

/// <summary>
/// Ends a check that does not end by itself. A registration's own timeout only cancels a token, which not every client heeds,
/// and an asker that waits for a dead dependency cannot tell it from a dead service.
/// </summary>
internal sealed class BoundedCheck(IHealthCheck inner) : IHealthCheck
{
    /// <summary>Shorter than the time that an asker waits: it would take a check that hangs for a service that hangs.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    public static void ApplyTo(HealthCheckServiceOptions options)
    {
        foreach (var registration in options.Registrations)
        {
            if (registration.Timeout == Timeout.InfiniteTimeSpan)
            {
                var factory = registration.Factory;
                registration.Timeout = Limit;
                registration.Factory = services => new BoundedCheck(factory(services));
            }
        }
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // Task.Run: a client may block before its first await, as a Redis connection does.
            return await Task.Run(() => inner.CheckHealthAsync(context, cancellationToken), cancellationToken).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, $"No answer within {Limit.TotalSeconds} s");
        }
    }
}
