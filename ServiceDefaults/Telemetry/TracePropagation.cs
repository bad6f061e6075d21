using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace ServiceDefaults.Telemetry;

/// <summary>
/// Where nobody collects telemetry: hands the trace on (W3C Trace Context) from request to request, into events and log lines, and records
/// nothing, because spans that are thrown away cost every request as much as spans that are read.
/// </summary>
internal sealed class TracePropagation : IHostedService, IDisposable
{
    private readonly ActivityListener _listener = new()
    {
        // What begins work on somebody's behalf. What a service asks of others has no children here, so it needs no span.
        ShouldListenTo = static source => source.Name is "Microsoft.AspNetCore" or "MassTransit",
        Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        SampleUsingParentId = static (ref ActivityCreationOptions<string> _) => ActivitySamplingResult.PropagationData,
    };

    public Task StartAsync(CancellationToken cancellationToken)
    {
        ActivitySource.AddActivityListener(_listener);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _listener.Dispose();
}
