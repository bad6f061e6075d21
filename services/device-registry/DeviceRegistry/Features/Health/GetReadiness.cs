using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DeviceRegistry.Features.Health;

/// <summary>Whether the service can do its work: Postgres, Redis and the broker answer (contract §9).</summary>
public static class GetReadiness
{
    // Anonymous, and for whoever runs the service: not routed at the gateway, so it has no place in the document that the gateway serves.
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/health/ready", HandleAsync)
        .WithName(nameof(GetReadiness))
        .ExcludeFromDescription();

    internal static async Task<IResult> HandleAsync(HealthCheckService health, CancellationToken cancellationToken)
    {
        var report = await health.CheckHealthAsync(cancellationToken);
        return report.Status == HealthStatus.Unhealthy ? DeviceRegistryProblems.ServiceUnavailable : TypedResults.Ok(new ReadinessResponse("UP"));
    }
}

/// <summary>That the service can do its work.</summary>
/// <param name="Status"><c>UP</c>.</param>
public sealed record ReadinessResponse(string Status);
