using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace ServiceDefaults.Health;

internal static class HealthExtensions
{
    public const string HealthPath = "/health";
    public const string AlivePath = "/alive";

    private const string LiveTag = "live";

    public static void AddDefaultHealthChecks(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);

        // After everything that registers a check, ours and Aspire's alike.
        builder.Services.PostConfigure<HealthCheckServiceOptions>(BoundedCheck.ApplyTo);

        builder.Services.AddSingleton<IHealthCheckPublisher, DependencyMetrics>();
        builder.Services.Configure<HealthCheckPublisherOptions>(publishing =>
        {
            publishing.Delay = publishing.Period = DependencyMetrics.Period;
            publishing.Predicate = static check => !check.Tags.Contains(LiveTag);
        });
    }

    public static void MapHealthEndpoints(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks(HealthPath).Open();
        endpoints.MapHealthChecks(AlivePath, new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag) }).Open();
    }

    // Orchestrators and the gateway ask often and without credentials.
    private static void Open(this IEndpointConventionBuilder endpoint)
        => endpoint.AllowAnonymous().DisableRateLimiting().DisableHttpMetrics();
}
