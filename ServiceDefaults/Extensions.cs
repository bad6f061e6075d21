using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using ServiceDefaults.Discovery;
using ServiceDefaults.Health;
using ServiceDefaults.Telemetry;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service and the gateway have in common: telemetry, health, discovery, resilience, correlation id.</summary>
public static class ServiceDefaultsExtensions
{
    private static readonly UTF8Encoding Lenient = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);

    /// <summary>Adds telemetry, health checks, service discovery and resilience for every <see cref="HttpClient"/>.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.ConfigureOpenTelemetry();
        builder.AddDefaultHealthChecks();
        builder.AddServiceDiscovery();
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            // An answer does not tell which server made it.
            kestrel.AddServerHeader = false;
            // Field values may be any bytes (RFC 9110 §5.5). Where they are no UTF-8 the server would refuse the request itself, with an
            // empty body that no API promises; so they become U+FFFD, and whoever reads the field refuses or ignores it.
            kestrel.RequestHeaderEncodingSelector = static _ => Lenient;
        });
        return builder;
    }

    /// <summary>
    /// Maps <c>/health</c> (every check) and <c>/alive</c> (the process alone), in every environment. Their bodies are one word,
    /// without detail; whoever wants more on <c>/health</c> configures
    /// <see cref="AspNetCore.Diagnostics.HealthChecks.HealthCheckOptions"/> in the container.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthEndpoints();
        return app;
    }
}
