using Aspire.Hosting.Local.Dashboard.Telemetry;
using static AppHost.Tests.Dashboard.TelemetryStoreTests;

namespace AppHost.Tests.Dashboard;

public sealed class MetricQueryTests
{
    /// <summary>A minute that ends at second 1 060, in steps of one second.</summary>
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddSeconds(1_060);

    [Fact]
    public void Counter_RisesEvenly_IsARatePerSecond()
    {
        var store = new MetricStore();
        for (var second = 900; second <= 1_060; second += 10)
        {
            store.Add([Point("requests", "a", second, second * 4), Point("requests", "b", second, second)]);
        }

        var line = Run(store, "requests").Lines.Single();

        Assert.Equal(60, line.Values.Count);
        Assert.All(line.Values, value => Assert.Equal(5, value!.Value, 6));
    }

    [Fact]
    public void Counter_AsCount_AddsUpToTheWholeIncrease()
    {
        var store = new MetricStore();
        store.Add([Point("requests", "a", 1_000, 100)]);
        store.Add([Point("requests", "a", 1_013, 140)]);
        store.Add([Point("requests", "a", 1_060, 147)]);

        var line = Run(store, "requests", asCount: true).Lines.Single();

        Assert.Equal(47, line.Values.Sum()!.Value, 6);
    }

    [Fact]
    public void Counter_ProcessBeganAgain_IsNoNegativeRate()
    {
        var store = new MetricStore();
        store.Add([Point("requests", "a", 1_000, 1_000)]);
        store.Add([Point("requests", "a", 1_030, 1_030)]);
        store.Add([Point("requests", "a", 1_040, 5)]);
        store.Add([Point("requests", "a", 1_060, 25)]);

        var line = Run(store, "requests", asCount: true).Lines.Single();

        Assert.All(line.Values, value => Assert.True(value is null or >= 0));
        Assert.Equal(30 + 5 + 20, line.Values.Sum()!.Value, 6);
    }

    [Fact]
    public void Counter_NotHeardOfLately_EndsInAGapAndNotInZero()
    {
        var store = new MetricStore();
        store.Add([Point("requests", "a", 1_000, 10)]);
        store.Add([Point("requests", "a", 1_020, 30)]);

        var values = Run(store, "requests").Lines.Single().Values;

        Assert.Equal(1, values[19]!.Value, 6);
        Assert.Null(values[20]);
        Assert.Null(values[^1]);
    }

    [Fact]
    public void Counter_Delta_IsAddedUp()
    {
        var store = new MetricStore();
        foreach (var second in new[] { 1_000, 1_020, 1_040, 1_060 })
        {
            store.Add([Point("requests", "a", second, 7) with { IsDelta = true }]);
        }

        Assert.Equal(21, Run(store, "requests", asCount: true).Lines.Single().Values.Sum()!.Value, 6);
    }

    [Fact]
    public void Gauge_OfSeveral_IsTheHighestAndHoldsItsLastValue()
    {
        var store = new MetricStore();
        store.Add([Point("depth", "a", 1_000, 3, InstrumentKind.Gauge), Point("depth", "b", 1_000, 8, InstrumentKind.Gauge)]);
        store.Add([Point("depth", "a", 1_030, 9, InstrumentKind.Gauge), Point("depth", "b", 1_030, 8, InstrumentKind.Gauge)]);

        var values = Run(store, "depth").Lines.Single().Values;

        Assert.Equal((8, 8, 9), (values[0], values[28], values[29]));
        Assert.Null(values[30]);
    }

    [Fact]
    public void UpDownCounter_OfSeveral_IsTheirSum()
    {
        var store = new MetricStore();
        store.Add([Point("streams", "a", 1_000, 3, InstrumentKind.UpDownCounter), Point("streams", "b", 1_000, 8, InstrumentKind.UpDownCounter)]);
        store.Add([Point("streams", "a", 1_060, 1, InstrumentKind.UpDownCounter), Point("streams", "b", 1_060, 8, InstrumentKind.UpDownCounter)]);

        var values = Run(store, "streams").Lines.Single().Values;

        Assert.Equal((11, 9), (values[0], values[^1]));
    }

    [Fact]
    public void SplitBy_Attribute_GivesALinePerValue()
    {
        var store = new MetricStore();
        for (var number = 1; number <= 12; number++)
        {
            store.Add([Point("requests", $"{number:00}", 1_000, 0), Point("requests", $"{number:00}", 1_060, 60 * number)]);
        }

        var chart = Run(store, "requests", splitBy: "number");

        Assert.Equal(["06", "07", "08", "09", "10", "11", "12", "other"], chart.Lines.Select(line => line.Name).Order(StringComparer.Ordinal));
        Assert.Equal(12, chart.Lines.Single(line => line.Name == "12").Values[^1]!.Value, 6);
        Assert.Equal(1 + 2 + 3 + 4 + 5, chart.Lines.Single(line => line.Name == "other").Values[^1]!.Value, 6);
    }

    [Fact]
    public void Filter_Attribute_LeavesTheRestOutAndTheChoicesIn()
    {
        var store = new MetricStore();
        store.Add([Point("requests", "a", 1_000, 0), Point("requests", "b", 1_000, 0)]);
        store.Add([Point("requests", "a", 1_060, 60), Point("requests", "b", 1_060, 600)]);

        var chart = Run(store, "requests", filters: new() { ["number"] = new HashSet<string>(["a"]) });

        Assert.Equal(1, chart.Lines.Single().Values[^1]!.Value, 6);
        Assert.Equal(["a", "b"], Assert.Single(chart.Dimensions).Values);
    }

    [Fact]
    public void Instances_OfOneService_AreADimension()
    {
        var store = new MetricStore();
        store.Add([Point("requests", "a", 1_000, 0) with { Resource = new("pairing", "one") }, Point("requests", "a", 1_000, 0) with { Resource = new("pairing", "two") }]);

        Assert.Contains(Run(store, "requests").Dimensions, one => one.Name == MetricQuery.InstanceAttribute && one.Values.SequenceEqual(["one", "two"]));
    }

    [Fact]
    public void Histogram_Percentiles_AreThoseOfEachStepAlone()
    {
        var store = new MetricStore();
        // Bounds 1, 2, 3. What came before the window was slow, what came in it is fast.
        store.Add([Histogram("a", 1_000, 0, 0, 0, 1_000)]);
        store.Add([Histogram("a", 1_060, 60, 0, 0, 1_000)]);

        var lines = Run(store, "duration").Lines;

        Assert.Equal(["P50", "P90", "P99"], lines.Select(line => line.Name));
        Assert.Equal(0.5, lines[0].Values[30]!.Value, 6);
        Assert.Equal(0.99, lines[2].Values[30]!.Value, 6);
    }

    [Fact]
    public void Histogram_AsCount_IsTheNumberOfValues()
    {
        var store = new MetricStore();
        store.Add([Histogram("a", 1_000, 10, 0, 0, 0)]);
        store.Add([Histogram("a", 1_060, 10, 60, 0, 0)]);

        Assert.Equal(60, Run(store, "duration", asCount: true).Lines.Single().Values.Sum()!.Value, 6);
    }

    [Theory]
    [InlineData(0.50, 2.0)]
    [InlineData(0.25, 1.0)]
    [InlineData(0.75, 3.0)]
    [InlineData(0.99, 3.0)]
    public void Percentile_FourEqualBuckets_IsLinearAndEndsAtTheLastBound(double quantile, double expected)
        => Assert.Equal(expected, MetricAggregation.Percentile([1, 1, 1, 1], [1, 2, 3], quantile)!.Value, 9);

    [Fact]
    public void Percentile_NoValues_IsUnknown() => Assert.Null(MetricAggregation.Percentile([0, 0], [1], 0.5));

    [Theory]
    [InlineData(1, 1, 60)]
    [InlineData(5, 3, 100)]
    [InlineData(720, 360, 120)]
    public void Steps_OfAnyRange_AreAtMost120AndAligned(int minutes, int stepSeconds, int steps)
    {
        var store = new MetricStore();
        store.Add([Point("requests", "a", 1_000, 0)]);

        var chart = new MetricQuery("pairing", "meter", "requests", TimeSpan.FromMinutes(minutes), new Dictionary<string, IReadOnlySet<string>>(StringComparer.Ordinal), null, false)
            .Run(store, DateTimeOffset.UnixEpoch.AddSeconds(100_001))!;

        Assert.Equal((stepSeconds, steps), (chart.StepSeconds, chart.Times.Count));
        Assert.Equal(0, chart.Times[^1] % (stepSeconds * 1_000));
    }

    private static MetricChart Run(
        MetricStore store, string instrument, bool asCount = false, string? splitBy = null, Dictionary<string, IReadOnlySet<string>>? filters = null)
        => new MetricQuery("pairing", "meter", instrument, TimeSpan.FromMinutes(1), filters ?? [], splitBy, asCount).Run(store, Now)!;
}
