using System.Runtime.InteropServices;

namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>One value over the time from <paramref name="FirstUnixNano"/> to <paramref name="LastUnixNano"/>: what does not change costs nothing.</summary>
/// <param name="Value">For a histogram the sum.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MetricSample(ulong FirstUnixNano, ulong LastUnixNano, double Value, HistogramValue? Histogram)
{
    public long Bytes => 40 + (Histogram is null ? 0 : 80 + (8 * Histogram.Buckets.Length));
}

/// <summary>
/// The samples of one instrument, one sender and one set of attributes. Sums and histograms are kept cumulative, so that leaving a
/// sample out loses resolution and no counts.
/// </summary>
internal sealed class MetricSeries(TelemetryResource resource, Instrument instrument, IReadOnlyList<TelemetryAttribute> attributes)
{
    /// <summary>The longest range that the page offers.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(12);

    /// <summary>A longer silence is shown as a gap, not as an unchanged value.</summary>
    public static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(90);

    /// <summary>A sample of age t stays when the one before it is at least t / 150 away: finer than a chart of 120 steps can show.</summary>
    public const int FullResolution = 150;

    /// <summary>What is left to the largest series when memory is short.</summary>
    public const int LowResolution = 30;

    /// <summary>150 × ln(12 h / 150 s) + 150 samples are left after thinning out, about 1 000; room to grow before the next time.</summary>
    private const int MaxSamples = 1_400;

    private List<MetricSample> samples = [];

    public TelemetryResource Resource => resource;

    public Instrument Instrument => instrument;

    public IReadOnlyList<TelemetryAttribute> Attributes => attributes;

    public IReadOnlyList<MetricSample> Samples => samples;

    /// <summary>Whether samples at the beginning are gone, so that the first value is no increase.</summary>
    public bool HasLostItsBeginning { get; private set; }

    public ulong LastUnixNano => samples.Count == 0 ? 0 : samples[^1].LastUnixNano;

    public long Bytes { get; private set; } = 240 + Weight.Of(attributes);

    public void Add(MetricPoint point)
    {
        if (point.TimeUnixNano <= LastUnixNano)
        {
            return;
        }

        var value = point.Value;
        var histogram = point.Histogram;
        if (samples.Count > 0)
        {
            var last = samples[^1];
            if (point.IsDelta)
            {
                value += last.Value;
                histogram = Sum(last.Histogram, histogram);
            }

            var isUnchanged = histogram is null ? value.Equals(last.Value) : histogram.Count == last.Histogram?.Count && value.Equals(last.Value);
            if (isUnchanged && point.TimeUnixNano - last.LastUnixNano <= Nanoseconds(LongestRun))
            {
                samples[^1] = last with { LastUnixNano = point.TimeUnixNano };
                return;
            }
        }

        var sample = new MetricSample(point.TimeUnixNano, point.TimeUnixNano, value, histogram);
        samples.Add(sample);
        Bytes += sample.Bytes;
        if (samples.Count > MaxSamples)
        {
            ThinOut(FullResolution);
        }
    }

    /// <summary>Drops what is too old, and of the rest what is closer together than its age divided by <paramref name="resolution"/>.</summary>
    public void ThinOut(int resolution)
    {
        if (samples.Count == 0)
        {
            return;
        }

        var now = LastUnixNano;
        var oldest = now - Math.Min(now, Nanoseconds(Retention));
        var kept = new List<MetricSample>(samples.Count);
        foreach (var sample in samples)
        {
            if (sample.LastUnixNano < oldest)
            {
                HasLostItsBeginning = true;
                continue;
            }

            var gap = kept.Count == 0 ? ulong.MaxValue : sample.LastUnixNano - kept[^1].LastUnixNano;
            if (gap >= (now - sample.LastUnixNano) / (ulong)resolution)
            {
                kept.Add(sample);
            }
        }

        Bytes += kept.Sum(sample => sample.Bytes) - samples.Sum(sample => sample.Bytes);
        samples = kept;
    }

    public static ulong Nanoseconds(TimeSpan time) => (ulong)time.Ticks * 100;

    private static HistogramValue? Sum(HistogramValue? before, HistogramValue? delta)
    {
        if (before is null || delta is null || !before.Bounds.AsSpan().SequenceEqual(delta.Bounds))
        {
            return delta;
        }

        var buckets = new ulong[delta.Buckets.Length];
        for (var i = 0; i < buckets.Length; i++)
        {
            buckets[i] = before.Buckets[i] + delta.Buckets[i];
        }

        return new HistogramValue(before.Bounds, buckets, before.Count + delta.Count, before.Sum + delta.Sum);
    }
}
