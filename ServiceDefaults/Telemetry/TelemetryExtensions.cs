using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace ServiceDefaults.Telemetry;

internal static class TelemetryExtensions
{
    /// <summary>Our own sources and meters begin with it; a service's are named after its application.</summary>
    public const string OwnPrefix = "ServiceDefaults";

    // ASP.NET Core, HttpClient, Npgsql, MassTransit and YARP emit these themselves; no instrumentation package is needed.
    private static readonly string[] Sources =
        ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "MassTransit", "Yarp.ReverseProxy", $"{OwnPrefix}.*"];

    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql", "MassTransit",
        $"{OwnPrefix}.*",
    ];

    /// <summary>Logs, metrics and spans leave by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to; otherwise none are collected.</summary>
    public static void ConfigureOpenTelemetry(this IHostApplicationBuilder builder)
    {
        KeepLogsQuietAndClean(builder);
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            builder.Services.AddHostedService<TracePropagation>();
            return;
        }

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        builder.Services.TryAddEnumerable(ServiceDescriptor.Transient<IStartupFilter, RequestSpanStartupFilter>());
        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddMeter([.. Meters, builder.Environment.ApplicationName]))
            .WithTracing(tracing => tracing
                .AddSource([.. Sources, builder.Environment.ApplicationName])
                .AddProcessor<SpanFilter>())
            .UseOtlpExporter();
    }

    private static void KeepLogsQuietAndClean(IHostApplicationBuilder builder)
    {
        // Its lines carry the whole URL, and its scope puts the path on every line that is written during a request; our URLs
        // carry tokens, and our paths the ids of jobs, which are secrets too.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // One line for every statement and one for every call otherwise; the spans say the same and more.
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);

        if (builder.Configuration["Logging:Console:FormatterOptions:IncludeScopes"] is null)
        {
            // The scopes carry the correlation id and the trace id.
            builder.Services.Configure<SimpleConsoleFormatterOptions>(options => options.IncludeScopes = true);
            builder.Services.Configure<JsonConsoleFormatterOptions>(options => options.IncludeScopes = true);
        }
    }
}
