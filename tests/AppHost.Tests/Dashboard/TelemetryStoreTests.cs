using System.Globalization;
using Aspire.Hosting.Local.Dashboard.Telemetry;

namespace AppHost.Tests.Dashboard;

/// <summary>However much comes in, memory stays bounded, by count and by bytes.</summary>
public sealed class TelemetryStoreTests
{
    private static readonly TelemetryResource Resource = new("pairing", "");

    [Theory]
    [InlineData(100, 100, 1)]
    [InlineData(101, 100, 2)]
    public void LogStore_MoreThanItsCount_DropsTheOldest(int records, int kept, int oldest)
    {
        var store = new LogStore(maxRecords: 100);

        store.Add([.. Enumerable.Range(1, records).Select(number => Log($"{number}"))]);

        var page = store.Query(_ => true, 1_000);
        Assert.Equal(kept, page.Kept);
        Assert.Equal(records, page.Records[0].Number);
        Assert.Equal((oldest, $"{oldest}"), (page.Records[^1].Number, page.Records[^1].Record.Message));
        Assert.Null(store.Find(oldest - 1));
        Assert.Equal($"{oldest}", store.Find(oldest)?.Message);
        Assert.Null(store.Find(records + 1));
    }

    [Fact]
    public void LogStore_LargeRecords_StaysWithinItsBytes()
    {
        const long MaxBytes = 1_000_000;
        var store = new LogStore(maxBytes: MaxBytes);

        for (var i = 0; i < 1_000; i++)
        {
            store.Add([Log(new string('x', 10_000))]);
            Assert.InRange(store.Bytes, 1, MaxBytes);
        }

        Assert.InRange(store.Query(_ => true, 1).Kept, 40, 60);
    }

    [Fact]
    public void LogStore_RecordLargerThanTheStore_IsRefused()
    {
        var store = new LogStore(maxBytes: 1_000);
        store.Add([Log("small")]);

        Assert.Equal(1, store.Add([Log(new string('x', 1_000))]));
        Assert.Equal("small", store.Query(_ => true, 10).Records.Single().Record.Message);
    }

    [Fact]
    public void LogStore_Before_GivesTheNextPage()
    {
        var store = new LogStore();
        store.Add([.. Enumerable.Range(1, 10).Select(number => Log($"{number}"))]);

        var page = store.Query(_ => true, 3, before: 8);

        Assert.Equal([7L, 6L, 5L], page.Records.Select(found => found.Number));
        Assert.Equal(10, page.Matches);
    }

    [Fact]
    public void TraceStore_MoreThanItsCount_DropsWholeTracesOldestFirst()
    {
        var store = new TraceStore(maxTraces: 10);
        for (ulong trace = 1; trace <= 11; trace++)
        {
            store.Add([Span(trace, 1), Span(trace, 2)]);
        }

        Assert.Equal(10, store.Count);
        Assert.Null(store.Find(new TraceId(1, 1)));
        Assert.Equal(2, store.Find(new TraceId(1, 2))?.Count);
    }

    [Theory]
    [InlineData(50, 0)]
    [InlineData(51, 1)]
    public void TraceStore_TooManySpansInOneTrace_RefusesTheRest(int spans, int refused)
    {
        var store = new TraceStore(maxSpansPerTrace: 50);

        Assert.Equal(refused, store.Add([.. Enumerable.Range(1, spans).Select(span => Span(1, (ulong)span))]));
        Assert.Equal(50, store.Find(new TraceId(1, 1))?.Count);
    }

    [Fact]
    public void TraceStore_LargeSpans_StaysWithinItsBytesAndCountsThemRight()
    {
        const long MaxBytes = 2_000_000;
        var store = new TraceStore(maxBytes: MaxBytes);
        for (ulong i = 1; i <= 2_000; i++)
        {
            store.Add([Span(i / 3, i, new string('x', 5_000))]);
            Assert.InRange(store.Bytes, 1, MaxBytes);
        }

        // One trace alone may not take all of it.
        var refused = 0;
        for (ulong i = 1; i <= 500; i++)
        {
            refused += store.Add([Span(99_999, i, new string('x', 5_000))]);
        }

        Assert.InRange(refused, 400, 480);
        Assert.InRange(store.Count, 2, 2_000);
        Assert.InRange(store.Bytes, 1, MaxBytes);
    }

    [Fact]
    public void TraceStore_RootComesLast_NamesTheTraceAfterIt()
    {
        var store = new TraceStore();
        store.Add([Span(1, 2, "child") with { ParentId = new SpanId(1), StartUnixNano = 20, EndUnixNano = 30 }]);
        Assert.Equal("child", store.Query((_, _) => true, 10).Traces.Single().RootName);

        store.Add([Span(1, 1, "root") with { StartUnixNano = 25, EndUnixNano = 40, Status = SpanRecord.Error }]);

        var trace = store.Query((_, _) => true, 10).Traces.Single();
        Assert.Equal("root", trace.RootName);
        Assert.Equal((20UL, 40UL), (trace.StartUnixNano, trace.EndUnixNano));
        Assert.True(trace.HasError);
    }

    [Fact]
    public void MetricStore_TooManySetsOfAttributes_RefusesNewOnes()
    {
        var store = new MetricStore(maxSeriesPerInstrument: 10);

        Assert.Equal(0, store.Add([.. Enumerable.Range(1, 10).Select(number => Point("requests", $"{number}", 1, number))]));
        Assert.Equal(2, store.Add([Point("requests", "11", 2, 1), Point("requests", "12", 2, 1), Point("requests", "1", 2, 5)]));
        Assert.Equal(0, store.Add([Point("other", "11", 2, 1)]));

        Assert.Equal(11, store.Count);
    }

    [Fact]
    public void MetricStore_Full_GivesThePlaceOfASilentSeriesToANewOne()
    {
        var store = new MetricStore(maxSeries: 2);
        store.Add([Point("a", "1", 10, 1), Point("a", "2", 100, 1)]);

        Assert.Equal(1, store.Add([Point("a", "3", 99, 1)]));
        Assert.Equal(0, store.Add([Point("a", "3", 101, 1)]));

        Assert.Equal(2, store.Count);
        Assert.Equal(["2", "3"], store.Read(_ => true, all => all.Select(series => series.Attributes[0].Value).Order(StringComparer.Ordinal).ToList()));
    }

    [Fact]
    public void MetricStore_TwelveHoursEverySecond_KeepsSamplesAndBytesBounded()
    {
        var store = new MetricStore();
        for (var second = 0; second < 12 * 3_600; second++)
        {
            store.Add([Point("requests", "1", second, second * 3)]);
        }

        var samples = store.Read(_ => true, all => all.Single().Samples.ToList());

        Assert.InRange(samples.Count, 700, 1_400);
        Assert.InRange(store.Bytes, 1, 100_000);
        // The first minutes are full, and the whole time is covered at 1/150 of its age.
        Assert.Equal(60, samples.Count(sample => sample.LastUnixNano > Second((12 * 3_600) - 61)));
        Assert.InRange(samples[0].LastUnixNano, 0UL, Second(600));
    }

    [Fact]
    public void MetricStore_ManyChangingHistograms_StaysWithinItsBytes()
    {
        const long MaxBytes = 1_000_000;
        var store = new MetricStore(maxBytes: MaxBytes);
        for (var second = 1; second <= 600; second++)
        {
            store.Add([.. Enumerable.Range(1, 40).Select(number => Histogram($"{number}", second, (ulong)second))]);
            Assert.InRange(store.Bytes, 1, MaxBytes);
        }

        Assert.InRange(store.Count, 30, 40);
    }

    [Fact]
    public void MetricStore_UnchangedValue_CostsOneSample()
    {
        var store = new MetricStore();
        for (var second = 1; second <= 1_000; second++)
        {
            store.Add([Point("idle", "1", second, 42)]);
        }

        var sample = Assert.Single(store.Read(_ => true, all => all.Single().Samples.ToList()));
        Assert.Equal((Second(1), Second(1_000)), (sample.FirstUnixNano, sample.LastUnixNano));
    }

    [Fact]
    public void TelemetryStore_ManySenders_ForgetsNoneItKnowsAndBoundsTheList()
    {
        var store = new TelemetryStore(new LogStore(), new TraceStore(), new MetricStore());
        var first = store.Intern(new TelemetryResource("first", ""));

        for (var i = 0; i < 2_000; i++)
        {
            store.Intern(new TelemetryResource($"service-{i}", ""));
        }

        Assert.Same(first, store.Intern(new TelemetryResource("first", "")));
        Assert.Equal(1_000, store.Resources.Count());
    }

    internal static ulong Second(int second) => (ulong)second * 1_000_000_000;

    internal static MetricPoint Point(string instrument, string attribute, int second, double value, InstrumentKind kind = InstrumentKind.Counter)
        => new(Resource, new Instrument("meter", instrument, "", "", kind), [new TelemetryAttribute("number", attribute)], 0, Second(second), false, value, null);

    internal static MetricPoint Histogram(string attribute, int second, params ulong[] buckets)
        => new(
            Resource, new Instrument("meter", "duration", "", "s", InstrumentKind.Histogram), [new TelemetryAttribute("number", attribute)], 0, Second(second), false, second,
            new HistogramValue([.. Enumerable.Range(1, buckets.Length - 1).Select(bound => (double)bound)], buckets, buckets.Aggregate(0UL, (sum, one) => sum + one), second));

    private static LogRecord Log(string message) => new(Resource, "Category", 1, 9, "", message, "", default, default, []);

    private static SpanRecord Span(ulong trace, ulong span, string name = "span")
        => new(Resource, "scope", new TraceId(1, trace), new SpanId(span), default, string.Create(CultureInfo.InvariantCulture, $"{name}"), 1, 1, 2, 0, "", [], [], []);
}
