namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>
/// Metrics of the last 12 hours, the older the coarser, bounded by series and by bytes. When memory is short, first the largest series
/// lose resolution, then the ones that have been silent longest go.
/// </summary>
internal sealed class MetricStore(
    int maxSeries = MetricStore.DefaultMaxSeries,
    int maxSeriesPerInstrument = MetricStore.DefaultMaxSeriesPerInstrument,
    long maxBytes = MetricStore.DefaultMaxBytes)
{
    public const int DefaultMaxSeries = 5_000;

    /// <summary>OpenTelemetry's own default is 2 000 sets of attributes; more than a person can look at is a mistake in the labels.</summary>
    public const int DefaultMaxSeriesPerInstrument = 1_000;

    public const long DefaultMaxBytes = 32 * 1024 * 1024;

    private readonly Lock gate = new();
    private readonly Dictionary<Key, MetricSeries> series = new(KeyComparer.Instance);
    private readonly Dictionary<(string Resource, Instrument Instrument), int> seriesPerInstrument = [];
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
                return series.Count;
            }
        }
    }

    /// <returns>How many points were not kept because there are too many sets of attributes.</returns>
    public int Add(IReadOnlyList<MetricPoint> batch)
    {
        var refused = 0;
        lock (gate)
        {
            foreach (var point in batch)
            {
                if (FindOrAdd(point) is not { } found)
                {
                    refused++;
                    continue;
                }

                bytes -= found.Bytes;
                found.Add(point);
                bytes += found.Bytes;
                while (bytes > maxBytes && series.Count > 0)
                {
                    MakeRoom();
                }
            }

            version++;
        }

        return refused;
    }

    /// <summary>Runs <paramref name="read"/> over the series of one instrument, or of all, while nothing changes them.</summary>
    public T Read<T>(Func<MetricSeries, bool> filter, Func<IReadOnlyList<MetricSeries>, T> read)
    {
        lock (gate)
        {
            return read([.. series.Values.Where(filter)]);
        }
    }

    private MetricSeries? FindOrAdd(MetricPoint point)
    {
        var key = new Key(point.Resource, point.Instrument, point.Attributes);
        if (series.TryGetValue(key, out var found))
        {
            return found;
        }

        var group = (point.Resource.Key, point.Instrument);
        var siblings = seriesPerInstrument.GetValueOrDefault(group);
        if (siblings >= maxSeriesPerInstrument)
        {
            return null;
        }

        if (series.Count >= maxSeries)
        {
            // A sender that is gone leaves its place to a new one; a living one does not.
            var silent = series.MinBy(pair => pair.Value.LastUnixNano);
            if (silent.Value.LastUnixNano + MetricSeries.Nanoseconds(MetricSeries.LongestRun) > point.TimeUnixNano)
            {
                return null;
            }

            Remove(silent.Key, silent.Value);
            siblings = seriesPerInstrument.GetValueOrDefault(group);
        }

        found = new MetricSeries(point.Resource, point.Instrument, point.Attributes);
        series.Add(key, found);
        seriesPerInstrument[group] = siblings + 1;
        bytes += found.Bytes;
        return found;
    }

    private void MakeRoom()
    {
        var largest = series.Values.MaxBy(one => one.Bytes)!;
        var before = largest.Bytes;
        largest.ThinOut(MetricSeries.LowResolution);
        bytes += largest.Bytes - before;
        if (largest.Bytes > before - (before / 10))
        {
            var silent = series.MinBy(pair => pair.Value.LastUnixNano);
            Remove(silent.Key, silent.Value);
        }
    }

    private void Remove(Key key, MetricSeries one)
    {
        series.Remove(key);
        bytes -= one.Bytes;
        var group = (key.Resource.Key, key.Instrument);
        if (--seriesPerInstrument[group] == 0)
        {
            seriesPerInstrument.Remove(group);
        }
    }

    private readonly record struct Key(TelemetryResource Resource, Instrument Instrument, IReadOnlyList<TelemetryAttribute> Attributes);

    private sealed class KeyComparer : IEqualityComparer<Key>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(Key x, Key y)
            => x.Resource == y.Resource && x.Instrument == y.Instrument && x.Attributes.SequenceEqual(y.Attributes);

        public int GetHashCode(Key key)
        {
            var hash = new HashCode();
            hash.Add(key.Resource.Key);
            hash.Add(key.Instrument.Name);
            foreach (var attribute in key.Attributes)
            {
                hash.Add(attribute);
            }

            return hash.ToHashCode();
        }
    }
}
