using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TestSupport;

/// <summary>What a service measures of its requests (<c>http.server.request.duration</c>), one by one: a request is recognised by its trace.</summary>
public sealed class RequestMetrics : IDisposable
{
    /// <summary>A request is measured when its answer is out already.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, object?>> _measured = new(StringComparer.Ordinal);

    /// <param name="service">Whose requests: its own factory, not another instance's.</param>
    public RequestMetrics(IMeterFactory service)
    {
        _listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "http.server.request.duration" && ReferenceEquals(instrument.Meter.Scope, service))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            if (Activity.Current is { } request)
            {
                _measured[request.TraceId.ToHexString()] = tags.ToArray().ToDictionary(StringComparer.Ordinal);
            }
        });
        _listener.Start();
    }

    /// <summary>Sends a request, and says what it was refused for: attribute <c>error.type</c>.</summary>
    /// <returns>The status, and the reason if there is one.</returns>
    public async Task<(int Status, string? Reason)> SendAsync(HttpClient client, HttpRequestMessage request)
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-00");
        using var response = await client.SendAsync(request);
        IReadOnlyDictionary<string, object?>? measured;
        for (var clock = Stopwatch.StartNew(); !_measured.TryRemove(trace, out measured); await Task.Delay(10))
        {
            if (clock.Elapsed > Patience)
            {
                throw new TimeoutException("The request was not measured.");
            }
        }

        return ((int)response.StatusCode, measured.GetValueOrDefault("error.type") as string);
    }

    public void Dispose() => _listener.Dispose();
}
