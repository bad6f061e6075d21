using System.Runtime.InteropServices;

namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>What a chart shows: one instrument over a time that ends now, in equal steps.</summary>
/// <param name="Filters">Attributes that have to have one of the values.</param>
/// <param name="SplitBy">Attribute by which the chart has one line per value; null: one line for all.</param>
/// <param name="AsCount">A counter or histogram as the count of each step instead of the rate per second, or percentiles.</param>
internal sealed record MetricQuery(
    string Resource,
    string Meter,
    string Instrument,
    TimeSpan Window,
    IReadOnlyDictionary<string, IReadOnlySet<string>> Filters,
    string? SplitBy,
    bool AsCount)
{
    /// <summary>Stands for the sender among the attributes when an instrument has several.</summary>
    public const string InstanceAttribute = "service.instance.id";

    private const int MaxSteps = 120;

    /// <summary>More lines cannot be told apart; the rest are added up in one.</summary>
    private const int MaxLines = 8;

    private const int MaxDimensionValues = 100;

    /// <returns>Null when the instrument is not known.</returns>
    public MetricChart? Run(MetricStore store, DateTimeOffset now)
        => store.Read(
            series => series.Resource.Matches(Resource) && series.Instrument.Name == Instrument && series.Instrument.Meter == Meter,
            all => all.Count == 0 ? null : Run(all, (ulong)now.ToUnixTimeMilliseconds() * 1_000_000));

    private MetricChart Run(IReadOnlyList<MetricSeries> all, ulong now)
    {
        var instrument = all[0].Instrument;
        var hasSeveralInstances = all.Select(series => series.Resource.Key).Distinct(StringComparer.Ordinal).Skip(1).Any();
        var chosen = all.Where(series => series.Instrument.Kind == instrument.Kind && Matches(series)).ToList();

        var stepSeconds = (int)Math.Ceiling(Window.TotalSeconds / MaxSteps);
        var step = (ulong)stepSeconds * 1_000_000_000;
        var steps = (int)Math.Ceiling(Window.TotalSeconds / stepSeconds);
        // Aligned, so that a step keeps its value from one refresh to the next.
        var end = now / step * step;
        var grid = new StepGrid(end - (step * (ulong)steps), step, steps);

        IReadOnlyList<MetricLine> lines = instrument.Kind == InstrumentKind.Histogram && !AsCount
            ? MetricAggregation.Percentiles(chosen, grid)
            : [.. Groups(chosen).Select(group => new MetricLine(group.Name, Line(instrument.Kind, group.Series, grid)))];

        return new MetricChart(
            instrument,
            stepSeconds,
            [.. Enumerable.Range(1, steps).Select(i => (long)((grid.Start + (step * (ulong)i)) / 1_000_000))],
            lines,
            Dimensions(all, hasSeveralInstances),
            chosen.Count);
    }

    private double?[] Line(InstrumentKind kind, IReadOnlyList<MetricSeries> series, StepGrid grid) => kind switch
    {
        InstrumentKind.Gauge => MetricAggregation.Last(series, grid, Math.Max),
        InstrumentKind.UpDownCounter => MetricAggregation.Last(series, grid, (left, right) => left + right),
        _ => MetricAggregation.Increases(series, grid, AsCount ? 1 : grid.Step / 1e9),
    };

    private IEnumerable<(string Name, IReadOnlyList<MetricSeries> Series)> Groups(IReadOnlyList<MetricSeries> chosen)
    {
        if (SplitBy is null)
        {
            return [("", chosen)];
        }

        var groups = chosen.GroupBy(series => ValueOf(series, SplitBy) ?? "(none)", StringComparer.Ordinal)
            .Select(group => (Name: group.Key, Series: (IReadOnlyList<MetricSeries>)[.. group]))
            .OrderByDescending(group => group.Series.Sum(series => Math.Abs(series.Samples.Count == 0 ? 0 : series.Samples[^1].Value)))
            .ToList();
        return groups.Count <= MaxLines
            ? groups.OrderBy(group => group.Name, StringComparer.Ordinal)
            : [.. groups.Take(MaxLines - 1), ("other", [.. groups.Skip(MaxLines - 1).SelectMany(group => group.Series)])];
    }

    private bool Matches(MetricSeries series)
        => Filters.All(filter => ValueOf(series, filter.Key) is { } value && filter.Value.Contains(value));

    private static IReadOnlyList<MetricDimension> Dimensions(IReadOnlyList<MetricSeries> all, bool hasSeveralInstances)
    {
        var names = all.SelectMany(series => series.Attributes).Select(attribute => attribute.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return [.. (hasSeveralInstances ? names.Append(InstanceAttribute) : names)
            .Select(name => new MetricDimension(
                name,
                [.. all.Select(series => ValueOf(series, name)).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MaxDimensionValues)]))];
    }

    private static string? ValueOf(MetricSeries series, string attribute)
    {
        foreach (var (name, value) in series.Attributes)
        {
            if (name == attribute)
            {
                return value;
            }
        }

        return attribute == InstanceAttribute ? series.Resource.InstanceId : null;
    }
}

/// <param name="Times">Ends of the steps, in milliseconds since the Unix epoch.</param>
/// <param name="Series">How many sets of attributes the lines were made of.</param>
internal sealed record MetricChart(
    Instrument Instrument,
    int StepSeconds,
    IReadOnlyList<long> Times,
    IReadOnlyList<MetricLine> Lines,
    IReadOnlyList<MetricDimension> Dimensions,
    int Series);

/// <param name="Values">One per step; null where nothing is known.</param>
internal sealed record MetricLine(string Name, IReadOnlyList<double?> Values);

internal sealed record MetricDimension(string Name, IReadOnlyList<string> Values);

/// <summary>Steps of equal length, in nanoseconds since the Unix epoch.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StepGrid(ulong Start, ulong Step, int Steps)
{
    public ulong EndOf(int step) => Start + (Step * (ulong)(step + 1));
}
