using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ServiceDefaults.Messaging;

/// <summary>Healthy when the broker is there and every queue of this service is declared and consumed.</summary>
internal sealed class BusHealthCheck(IBusControl bus, BrokerWatch watch) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!watch.IsAnswering)
        {
            return Task.FromResult(new HealthCheckResult(context.Registration.FailureStatus, "RabbitMQ does not answer"));
        }

        var health = bus.CheckHealth();
        return Task.FromResult(health.Status == BusHealthStatus.Healthy
            ? HealthCheckResult.Healthy()
            : new HealthCheckResult(context.Registration.FailureStatus, health.Description, health.Exception));
    }
}
