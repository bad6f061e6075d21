using System.Diagnostics.Metrics;

namespace DeviceRegistry.Streams;

/// <summary>The meter <c>DeviceRegistry</c>.</summary>
internal sealed class StreamMetrics
{
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refusedPairings;

    public StreamMetrics(IMeterFactory meters, StreamHub hub)
    {
        var meter = meters.Create("DeviceRegistry");
        meter.CreateObservableGauge("device_registry.streams", () => hub.Count, "{stream}", "Event streams that are open on this instance.");
        _ended = meter.CreateCounter<long>("device_registry.streams_ended", "{stream}", "Event streams that the service ended, by reason.");
        _refusedPairings = meter.CreateCounter<long>("device_registry.pairings_refused", "{pairing}", "Paired phones that could not become devices, by reason.");
    }

    /// <param name="reason">One of <see cref="Domain.StreamEnd"/>.</param>
    public void StreamEnded(string reason) => _ended.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <param name="reason">The code with which an operation would have refused.</param>
    public void PairingRefused(string reason) => _refusedPairings.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
