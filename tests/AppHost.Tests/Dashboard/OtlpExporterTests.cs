using System.Diagnostics;
using System.Diagnostics.Metrics;
using AppHost.Tests.Dashboard.Browser;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using static AppHost.Tests.Dashboard.DashboardServer;

namespace AppHost.Tests.Dashboard;

/// <summary>What OpenTelemetry's own exporter sends arrives as it was meant.</summary>
public sealed class OtlpExporterTests
{
    [Fact]
    public async Task Traces_AcrossThreeServices_AreOneTraceWithItsErrors()
    {
        await using var server = await StartAsync();

        var id = await DemoStack.SendTracesAndLogsAsync(server);

        using var client = await server.LogInAsync();
        var list = await JsonAsync(client, "/api/traces");
        var complete = list.GetProperty("traces").EnumerateArray().Single(trace => trace.GetProperty("id").GetString() == id.ToHexString());
        Assert.Equal("POST /mobile/v1/pairing/complete", complete.GetProperty("name").GetString());
        Assert.Equal("gateway", complete.GetProperty("resource").GetString());
        Assert.Equal(62, complete.GetProperty("duration").GetDouble(), 3);
        Assert.Equal(
            [("gateway", 2), ("pairing", 5), ("device-registry", 2)],
            complete.GetProperty("resources").EnumerateArray().Select(one => (one.GetProperty("name").GetString()!, one.GetProperty("spans").GetInt32())));
        var failed = Assert.Single(list.GetProperty("traces").EnumerateArray(), trace => trace.GetProperty("hasError").GetBoolean());

        var spans = (await JsonAsync(client, $"/api/traces/{failed.GetProperty("id").GetString()}")).GetProperty("spans");
        var inner = spans.EnumerateArray().Single(span => span.GetProperty("service").GetString() == "pairing");
        Assert.Equal(spans[0].GetProperty("id").GetString(), inner.GetProperty("parent").GetString());
        Assert.Equal("pairing/kxwpzqrt", inner.GetProperty("resource").GetString());
        Assert.Equal(2, inner.GetProperty("kind").GetInt32());
        Assert.Equal(2, inner.GetProperty("status").GetInt32());
        Assert.Equal("Postgres is away", inner.GetProperty("statusMessage").GetString());
        Assert.Equal(27, inner.GetProperty("duration").GetDouble(), 3);
        Assert.Equal("exception", inner.GetProperty("events")[0].GetProperty("name").GetString());
        Assert.Contains(inner.GetProperty("attributes").EnumerateArray(), one => one.GetProperty("name").GetString() == "http.request.method" && one.GetProperty("value").GetString() == "POST");
    }

    [Fact]
    public async Task Logs_WithTemplateScopeAndException_LeadToTheirTrace()
    {
        await using var server = await StartAsync();

        var id = await DemoStack.SendTracesAndLogsAsync(server);

        using var client = await server.LogInAsync();
        var ofTrace = (await JsonAsync(client, $"/api/logs?trace={id.ToHexString()}")).GetProperty("records");
        Assert.Equal(2, ofTrace.GetArrayLength());
        var summary = ofTrace.EnumerateArray().Single(record => record.GetProperty("severity").GetInt32() == 9);
        var record = await JsonAsync(client, $"/api/logs/{summary.GetProperty("number").GetInt64()}");
        Assert.Equal("Pairing 01J8Z3 completed by device 8f14e45f", record.GetProperty("message").GetString());
        Assert.Equal("Pairing.Features.CompletePairing", record.GetProperty("category").GetString());
        Assert.Equal("PairingCompleted", record.GetProperty("eventName").GetString());
        var attributes = record.GetProperty("attributes").EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!, one => one.GetProperty("value").GetString(), StringComparer.Ordinal);
        Assert.Equal("Pairing {Jti} completed by device {DeviceId}", attributes["{OriginalFormat}"]);
        Assert.Equal("01J8Z3", attributes["Jti"]);
        Assert.Equal("0HN7", attributes["RequestId"]);

        var errors = (await JsonAsync(client, "/api/logs?level=17")).GetProperty("records");
        var exception = await JsonAsync(client, $"/api/logs/{Assert.Single(errors.EnumerateArray()).GetProperty("number").GetInt64()}");
        Assert.Contains(exception.GetProperty("attributes").EnumerateArray(), one => one.GetProperty("name").GetString() == "exception.stacktrace");
        var trace = await JsonAsync(client, $"/api/traces/{id.ToHexString()}");
        Assert.Equal(2, trace.GetProperty("logs").GetArrayLength());
        Assert.Contains(trace.GetProperty("spans").EnumerateArray(), span => span.GetProperty("id").GetString() == summary.GetProperty("spanId").GetString());
    }

    [Fact]
    public async Task Metrics_OfEveryInstrument_HaveTheirKindAndValue()
    {
        await using var server = await StartAsync();
        using var meter = new Meter($"Test.{Guid.NewGuid():N}");
        var counter = meter.CreateCounter<long>("requests", "{request}", "Requests that came in");
        var upDown = meter.CreateUpDownCounter<int>("streams");
        var histogram = meter.CreateHistogram<double>("duration", "s");
        meter.CreateObservableGauge("depth", () => 7.5);
        using (var metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService("pairing", serviceInstanceId: "one", autoGenerateServiceInstanceId: false))
            .AddMeter(meter.Name)
            .AddOtlpExporter((exporter, reader) =>
            {
                DemoStack.Sender.Configure(exporter, server, "metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = Timeout.Infinite;
            })
            .Build())
        {
            counter.Add(3, new KeyValuePair<string, object?>("route", "/a"), new KeyValuePair<string, object?>("status", 200));
            counter.Add(4, new KeyValuePair<string, object?>("route", "/b"), new KeyValuePair<string, object?>("status", 200));
            upDown.Add(5);
            upDown.Add(-2);
            histogram.Record(0.02);
            histogram.Record(3);
            Assert.True(metrics.ForceFlush());
        }

        using var client = await server.LogInAsync();
        var instruments = (await JsonAsync(client, "/api/metrics"))[0].GetProperty("meters")[0].GetProperty("instruments");
        Assert.Equal(
            [("depth", "Gauge"), ("duration", "Histogram"), ("requests", "Counter"), ("streams", "UpDownCounter")],
            instruments.EnumerateArray().Select(one => (one.GetProperty("name").GetString()!, one.GetProperty("kind").GetString()!)));
        var chart = await JsonAsync(client, $"/api/metrics/chart?resource=pairing&meter={meter.Name}&instrument=requests&minutes=5");
        Assert.Equal("Requests that came in", chart.GetProperty("description").GetString());
        Assert.Equal("{request}", chart.GetProperty("unit").GetString());
        Assert.Equal(
            [("route", "/a,/b"), ("status", "200")],
            chart.GetProperty("dimensions").EnumerateArray().Select(one => (one.GetProperty("name").GetString()!, string.Join(',', one.GetProperty("values").EnumerateArray().Select(value => value.GetString())))));
    }

    [Fact]
    public async Task Traces_LinkBetweenTraces_IsFoundFromBothSides()
    {
        await using var server = await StartAsync();
        ActivityTraceId linked;
        ActivityTraceId linking;
        using (var sender = new DemoStack.Sender(server, "pairing", "one"))
        {
            using var cause = sender.Start("publish", ActivityKind.Producer, default, DateTime.UtcNow, 5);
            using var effect = sender.Start("process", ActivityKind.Consumer, default, DateTime.UtcNow, 5);
            effect.AddLink(new ActivityLink(cause.Context));
            (linked, linking) = (cause.TraceId, effect.TraceId);
        }

        using var client = await server.LogInAsync();
        var forth = await JsonAsync(client, $"/api/traces/{linking.ToHexString()}");
        var back = await JsonAsync(client, $"/api/traces/{linked.ToHexString()}");

        Assert.Equal(linked.ToHexString(), forth.GetProperty("spans")[0].GetProperty("links")[0].GetProperty("traceId").GetString());
        Assert.Equal(linking.ToHexString(), back.GetProperty("backLinks")[0].GetProperty("traceId").GetString());
    }
}
