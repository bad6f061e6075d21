using System.Collections.Concurrent;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Campaigns.Tests;

/// <summary>A stack with two instances of every service, which sends its telemetry here.</summary>
public sealed class SecondPlatform : SignedInPlatform
{
    private WebApplication? sink;

    /// <summary>What came in by OTLP: the signal (<c>traces</c>, <c>metrics</c>, <c>logs</c>) and the message as it was sent.</summary>
    public ConcurrentQueue<(string Signal, byte[] Message)> Telemetry { get; } = new();

    /// <summary>Whether it is kept: a minute of load is many megabytes.</summary>
    public bool IsListening { get; set; }

    protected override int Replicas => 2;

    protected override void Configure(IDistributedApplicationTestingBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        sink = builder.Build();
        sink.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            if (IsListening)
            {
                Telemetry.Enqueue((signal, body.ToArray()));
            }

            return TypedResults.Bytes([], "application/x-protobuf");
        });
        sink.StartAsync().GetAwaiter().GetResult();
        foreach (var project in model.Resources.OfType<ProjectResource>().ToList())
        {
            model.CreateResourceBuilder(project)
                .WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", sink.Urls.Single())
                .WithEnvironment("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                .WithEnvironment("OTEL_SERVICE_NAME", project.Name)
                .WithEnvironment("OTEL_BSP_SCHEDULE_DELAY", "200")
                .WithEnvironment("OTEL_BLRP_SCHEDULE_DELAY", "200")
                .WithEnvironment("OTEL_METRIC_EXPORT_INTERVAL", "1000")
                .WithEnvironment("OTEL_TRACES_SAMPLER", "always_on");
        }
    }

    protected override async Task StoppingAsync()
    {
        if (sink is not null)
        {
            await sink.DisposeAsync();
        }
    }
}

/// <summary>Classes that share the second stack.</summary>
[CollectionDefinition(nameof(TwoInstances))]
public sealed class TwoInstances : ICollectionFixture<SecondPlatform>;
