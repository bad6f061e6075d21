namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>The newest traces, bounded by their count, by spans per trace and by bytes over all; whole traces go, the oldest first.</summary>
internal sealed class TraceStore(
    int maxTraces = TraceStore.DefaultMaxTraces,
    int maxSpansPerTrace = TraceStore.DefaultMaxSpansPerTrace,
    long maxBytes = TraceStore.DefaultMaxBytes)
{
    public const int DefaultMaxTraces = 10_000;
    public const int DefaultMaxSpansPerTrace = 5_000;
    public const long DefaultMaxBytes = 48 * 1024 * 1024;

    /// <summary>One runaway trace must not push all others out.</summary>
    private readonly long maxBytesPerTrace = maxBytes / 4;

    private readonly Lock gate = new();
    private readonly Dictionary<TraceId, LinkedListNode<Trace>> traces = [];
    // In the order in which their first span came in.
    private readonly LinkedList<Trace> order = [];
    private long bytes;
    private long version;

    /// <summary>Rises with every change.</summary>
    public long Version => Volatile.Read(ref version);

    public long Bytes
    {
        get
        {
            lock (gate)
            {
                return bytes;
            }
        }
    }

    public int Count
    {
        get
        {
            lock (gate)
            {
                return order.Count;
            }
        }
    }

    /// <returns>How many spans were not kept because their trace is too large already.</returns>
    public int Add(IReadOnlyList<SpanRecord> batch)
    {
        var refused = 0;
        lock (gate)
        {
            foreach (var span in batch)
            {
                if (!traces.TryGetValue(span.TraceId, out var node))
                {
                    node = order.AddLast(new Trace(span.TraceId));
                    traces.Add(span.TraceId, node);
                    bytes += node.Value.Bytes;
                }

                if (!node.Value.TryAdd(span, maxSpansPerTrace, maxBytesPerTrace))
                {
                    refused++;
                    continue;
                }

                bytes += span.Bytes;
                while (order.Count > maxTraces || (bytes > maxBytes && order.Count > 1))
                {
                    var oldest = order.First!;
                    bytes -= oldest.Value.Bytes;
                    traces.Remove(oldest.Value.Id);
                    order.RemoveFirst();
                }
            }

            version++;
        }

        return refused;
    }

    public IReadOnlyList<SpanRecord>? Find(TraceId id)
    {
        lock (gate)
        {
            return traces.TryGetValue(id, out var node) ? [.. node.Value.Spans] : null;
        }
    }

    /// <summary>The newest traces that match, newest first.</summary>
    /// <param name="filter">Sees the spans too, only while it runs.</param>
    public TracePage Query(Func<TraceSummary, IReadOnlyList<SpanRecord>, bool> filter, int limit)
    {
        var found = new List<TraceSummary>();
        int matches = 0, kept;
        lock (gate)
        {
            kept = order.Count;
            for (var node = order.Last; node is not null; node = node.Previous)
            {
                var summary = node.Value.Summary;
                if (!filter(summary, node.Value.Spans))
                {
                    continue;
                }

                matches++;
                if (found.Count < limit)
                {
                    found.Add(summary);
                }
            }
        }

        found.Sort((left, right) => right.StartUnixNano.CompareTo(left.StartUnixNano));
        return new TracePage(found, matches, kept);
    }

    private sealed class Trace(TraceId id)
    {
        private readonly List<SpanRecord> spans = [];
        private TraceSummary? summary;

        public TraceId Id => id;

        public long Bytes { get; private set; } = 600;

        public IReadOnlyList<SpanRecord> Spans => spans;

        public TraceSummary Summary => summary ??= TraceSummary.Of(id, spans);

        public bool TryAdd(SpanRecord span, int maxSpans, long maxBytes)
        {
            if (spans.Count >= maxSpans || Bytes + span.Bytes > maxBytes)
            {
                return false;
            }

            spans.Add(span);
            Bytes += span.Bytes;
            summary = null;
            return true;
        }
    }
}

internal sealed record TracePage(IReadOnlyList<TraceSummary> Traces, int Matches, int Kept);
