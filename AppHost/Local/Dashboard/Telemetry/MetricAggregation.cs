namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>From the samples of several series to the values of a chart's steps.</summary>
internal static class MetricAggregation
{
    private static readonly (string Name, double Quantile)[] Quantiles = [("P50", 0.50), ("P90", 0.90), ("P99", 0.99)];

    /// <summary>The last known value of each series at the end of each step, put together by <paramref name="combine"/>.</summary>
    public static double?[] Last(IReadOnlyList<MetricSeries> series, StepGrid grid, Func<double, double, double> combine)
    {
        var values = new double?[grid.Steps];
        foreach (var one in series)
        {
            var next = 0;
            for (var step = 0; step < grid.Steps; step++)
            {
                var end = grid.EndOf(step);
                while (next < one.Samples.Count && one.Samples[next].FirstUnixNano <= end)
                {
                    next++;
                }

                if (next == 0 || end > one.Samples[next - 1].LastUnixNano + MetricSeries.Nanoseconds(MetricSeries.LongestRun)
                    || (next == one.Samples.Count && end > LastStep(one.LastUnixNano, grid)))
                {
                    continue;
                }

                var value = one.Samples[next - 1].Value;
                values[step] = values[step] is { } before ? combine(before, value) : value;
            }
        }

        return values;
    }

    /// <summary>By how much the series rose in each step, divided by <paramref name="divisor"/>. A value that falls began again at 0.</summary>
    public static double?[] Increases(IReadOnlyList<MetricSeries> series, StepGrid grid, double divisor)
    {
        var values = new double?[grid.Steps];
        foreach (var one in series)
        {
            Known(values, one, grid);
            Spread(one, grid, (before, sample) => CountOf(sample) - (before is { } b && CountOf(b) <= CountOf(sample) ? CountOf(b) : 0),
                (step, part, increase) => values[step] = (values[step] ?? 0) + (part * increase / divisor));
        }

        return values;

        static double CountOf(MetricSample sample) => sample.Histogram?.Count ?? sample.Value;
    }

    /// <summary>P50, P90 and P99 of what each step brought, from the histograms' buckets.</summary>
    public static IReadOnlyList<MetricLine> Percentiles(IReadOnlyList<MetricSeries> series, StepGrid grid)
    {
        // Bounds are the instrument's and seldom differ; those that differ from the first cannot be added to it.
        var bounds = series.SelectMany(one => one.Samples).Select(sample => sample.Histogram?.Bounds).FirstOrDefault(found => found is not null) ?? [];
        var buckets = new double[grid.Steps][];
        foreach (var one in series)
        {
            Spread(one, grid, (before, sample) => Increase(before?.Histogram, sample.Histogram, bounds), (step, part, increase) =>
            {
                if (increase is null)
                {
                    return;
                }

                var sums = buckets[step] ??= new double[bounds.Length + 1];
                for (var i = 0; i < sums.Length; i++)
                {
                    sums[i] += part * increase[i];
                }
            });
        }

        return [.. Quantiles.Select(quantile => new MetricLine(
            quantile.Name,
            [.. buckets.Select(step => step is null ? null : Percentile(step, bounds, quantile.Quantile))]))];
    }

    /// <summary>Linear within the bucket. What lies above the last bound is only known to be above it.</summary>
    internal static double? Percentile(IReadOnlyList<double> buckets, IReadOnlyList<double> bounds, double quantile)
    {
        var rank = buckets.Sum() * quantile;
        if (rank <= 0 || bounds.Count == 0)
        {
            return null;
        }

        double seen = 0;
        for (var i = 0; i < bounds.Count; i++)
        {
            if (buckets[i] > 0 && seen + buckets[i] >= rank)
            {
                var lower = i == 0 ? Math.Min(0, bounds[0]) : bounds[i - 1];
                return lower + ((bounds[i] - lower) * ((rank - seen) / buckets[i]));
            }

            seen += buckets[i];
        }

        return bounds[^1];
    }

    private static double[]? Increase(HistogramValue? before, HistogramValue? now, double[] bounds)
    {
        if (now is null || !now.Bounds.AsSpan().SequenceEqual(bounds))
        {
            return null;
        }

        var hasBegunAgain = before is null || before.Count > now.Count || !before.Bounds.AsSpan().SequenceEqual(bounds);
        var increase = new double[now.Buckets.Length];
        for (var i = 0; i < increase.Length; i++)
        {
            increase[i] = hasBegunAgain ? now.Buckets[i] : Math.Max(0, (double)now.Buckets[i] - before!.Buckets[i]);
        }

        return increase;
    }

    /// <summary>Spreads what came between two samples evenly over the time between them.</summary>
    private static void Spread<T>(MetricSeries series, StepGrid grid, Func<MetricSample?, MetricSample, T> increaseOf, Action<int, double, T> add)
    {
        MetricSample? before = null;
        foreach (var sample in series.Samples)
        {
            var isFirst = before is null;
            var increase = increaseOf(before, sample);
            var from = before?.LastUnixNano ?? (sample.FirstUnixNano - Math.Min(grid.Step, sample.FirstUnixNano));
            before = sample;
            if ((isFirst && series.HasLostItsBeginning) || sample.FirstUnixNano <= grid.Start || from >= sample.FirstUnixNano
                || from >= grid.EndOf(grid.Steps - 1))
            {
                continue;
            }

            var length = (double)(sample.FirstUnixNano - from);
            var first = from <= grid.Start ? 0 : (int)((from - grid.Start) / grid.Step);
            for (var step = first; step < grid.Steps; step++)
            {
                var stepEnd = grid.EndOf(step);
                var overlap = (double)Math.Min(stepEnd, sample.FirstUnixNano) - Math.Max(stepEnd - grid.Step, from);
                if (overlap > 0)
                {
                    add(step, overlap / length, increase);
                }

                if (stepEnd >= sample.FirstUnixNano)
                {
                    break;
                }
            }
        }
    }

    /// <summary>Steps in which a series lived have a value, be it 0.</summary>
    private static void Known(double?[] values, MetricSeries series, StepGrid grid)
    {
        if (series.Samples.Count == 0)
        {
            return;
        }

        var last = LastStep(series.LastUnixNano, grid);
        for (var step = 0; step < grid.Steps; step++)
        {
            if (grid.EndOf(step) >= series.Samples[0].FirstUnixNano && grid.EndOf(step) <= last)
            {
                values[step] ??= 0;
            }
        }
    }

    /// <summary>End of the step in which the series was heard last; later ones are not known yet.</summary>
    private static ulong LastStep(ulong lastUnixNano, StepGrid grid)
        => lastUnixNano <= grid.Start ? grid.Start : grid.Start + (((lastUnixNano - grid.Start + grid.Step - 1) / grid.Step) * grid.Step);
}
