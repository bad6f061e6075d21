using System.Diagnostics.Metrics;
using ServiceDefaults.Telemetry;

namespace ServiceDefaults.Messaging;

/// <summary>The meter <c>ServiceDefaults.Messaging</c>.</summary>
internal sealed class MessagingMetrics : IDisposable
{
    public const string Name = $"{TelemetryExtensions.OwnPrefix}.Messaging";

    private readonly Meter _meter;
    private readonly Counter<long> _published;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _returned;
    private readonly Counter<long> _unreadable;
    private readonly Histogram<double> _delay;
    private readonly Counter<long> _handled;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _deadLetters;

    public MessagingMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _meter.CreateObservableGauge("outbox.pending", () => Backlog.Pending, "{event}", "Events not published yet; counted up to 100 000.");
        _meter.CreateObservableGauge("outbox.oldest_age", () => Backlog.OldestAge.TotalSeconds, "s", "Age of the oldest event not published yet.");
        _published = _meter.CreateCounter<long>("outbox.published", "{event}", "Events that the broker has confirmed.");
        _failures = _meter.CreateCounter<long>("outbox.publish_failures", "{event}", "Attempts that ended without a confirm; the event stays.");
        _returned = _meter.CreateCounter<long>("outbox.returned", "{event}", "Events that should have a consumer and reached no queue; they stay.");
        _unreadable = _meter.CreateCounter<long>("outbox.unreadable", "{event}", "Rows whose type this build does not know or cannot read; they stay.");
        _delay = _meter.CreateHistogram<double>("outbox.delay", "s", "From the insert of an event to the broker's confirm.");
        _handled = _meter.CreateCounter<long>("inbox.handled", "{message}", "Messages whose effect was committed.");
        _duplicates = _meter.CreateCounter<long>("inbox.duplicates", "{message}", "Messages whose effect had happened before.");
        _deadLetters = _meter.CreateCounter<long>("messaging.dead_letters", "{message}", "Messages given up after every retry, or of a type that nobody reads.");
    }

    /// <summary>The last sample.</summary>
    public OutboxBacklog Backlog { get; set; } = new(0, TimeSpan.Zero);

    public void Published(string type, TimeSpan delay)
    {
        _published.Add(1, Tag("type", type));
        _delay.Record(Math.Max(0, delay.TotalSeconds), Tag("type", type));
    }

    public void PublishFailed(string type) => _failures.Add(1, Tag("type", type));

    public void Returned(string type) => _returned.Add(1, Tag("type", type));

    public void Unreadable(string type) => _unreadable.Add(1, Tag("type", type));

    public void Handled(string consumer) => _handled.Add(1, Tag("consumer", consumer));

    public void Duplicate(string consumer) => _duplicates.Add(1, Tag("consumer", consumer));

    public void DeadLetter(string queue) => _deadLetters.Add(1, Tag("queue", queue));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}

/// <summary>How much waits in the outbox.</summary>
internal sealed record OutboxBacklog(long Pending, TimeSpan OldestAge);
