using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

internal static class HealthCheckOnce
{
    /// <summary>Adds a check unless one of that name was added to this builder before: two clients of one server need one check.</summary>
    public static void TryAddHealthCheck(this IHostApplicationBuilder builder, string name, Func<IServiceProvider, IHealthCheck> factory)
    {
        var key = $"ServiceDefaults.HealthCheck.{name}";
        if (builder.Properties.TryAdd(key, true))
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(name, factory, failureStatus: null, tags: null));
        }
    }
}
