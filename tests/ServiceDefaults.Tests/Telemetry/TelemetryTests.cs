using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using ServiceDefaults.Http;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Telemetry;

/// <summary>What leaves the process by OTLP, read as the dashboard would receive it.</summary>
public sealed class TelemetryTests
{
    private const string Secret = "s3cr3t";

    [Fact]
    public async Task Export_Request_RouteStatusQueryAndLogWithItsTrace_AndNoSecret()
    {
        var received = new ConcurrentDictionary<string, ConcurrentQueue<byte[]>>(StringComparer.Ordinal);
        await using var collector = await StartCollectorAsync(received);
        var servers = await BackingServers.GetAsync();
        string traceId;
        await using (var web = await StartServiceAsync(collector, servers.Postgres))
        {
            using var response = await web.Client.GetAsync(new Uri($"/orders/{Secret}-path?token={Secret}-query", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.False(response.Headers.Contains("Server"));
            traceId = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }

        var traces = Text(received, "/v1/traces");
        Assert.Contains("GET /orders/{id}", traces, StringComparison.Ordinal);
        Assert.Contains("http.response.status_code", traces, StringComparison.Ordinal);
        Assert.Contains("SELECT 'statement'", traces, StringComparison.Ordinal);
        Assert.Contains("corr-otlp", traces, StringComparison.Ordinal);
        var logs = Text(received, "/v1/logs");
        Assert.Contains("order 42 read", logs, StringComparison.Ordinal);
        Assert.Contains("corr-otlp", logs, StringComparison.Ordinal);
        Assert.Contains(received["/v1/logs"], body => body.AsSpan().IndexOf(Convert.FromHexString(traceId)) >= 0);
        Assert.Contains("http.server.request.duration", Text(received, "/v1/metrics"), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, traces + logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_HealthProbe_NoSpanOfItOrOfWhatItCauses()
    {
        var received = new ConcurrentDictionary<string, ConcurrentQueue<byte[]>>(StringComparer.Ordinal);
        await using var collector = await StartCollectorAsync(received);
        // Spans of statements name their database; other tests of this process have others.
        var database = await (await BackingServers.GetAsync()).CreateDatabaseAsync("probed");
        await using (var web = await StartServiceAsync(collector, database))
        {
            using var health = await web.Client.GetAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken);
            using var alive = await web.Client.GetAsync(new Uri("/alive", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.True(health.IsSuccessStatusCode && alive.IsSuccessStatusCode);
            using var other = await web.Client.GetAsync(new Uri("/other", UriKind.Relative), TestContext.Current.CancellationToken);
        }

        var traces = Text(received, "/v1/traces");
        Assert.Contains("GET /other", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("/health", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("/alive", traces, StringComparison.Ordinal);
        Assert.DoesNotContain(new NpgsqlConnectionStringBuilder(database).Database!, traces, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_NobodyCollectsTelemetry_TraceGoesOnAndNothingIsRecorded()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        await using var web = await TestWeb.StartAsync(app =>
        {
            app.UseCorrelationId();
            app.MapGet("/", () => $"{System.Diagnostics.Activity.Current!.Id} {System.Diagnostics.Activity.Current.IsAllDataRequested}");
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null };
        using var client = new HttpClient(handler) { BaseAddress = web.Client.BaseAddress };

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Matches($"^00-{Trace}-(?!b7ad6b7169203331)[0-9a-f]{{16}}-0[01] False$", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static Task<TestWeb> StartServiceAsync(TestWeb collector, string database) => TestWeb.StartAsync(
        app =>
        {
            app.Use((context, next) =>
            {
                context.Request.Headers[CorrelationId.HeaderName] = "corr-otlp";
                return next(context);
            });
            app.UseCorrelationId();
            app.UseErrorBodies();
            app.MapDefaultEndpoints();
            app.MapGet("/other", () => "other");
            app.MapGet("/orders/{id}", async (string id, [FromServices] NpgsqlDataSource source, [FromServices] ILogger<TelemetryTests> logger) =>
            {
                await using var command = source.CreateCommand("SELECT 'statement'");
                await command.ExecuteScalarAsync();
                logger.LogInformation("order {Number} read", 42);
                return System.Diagnostics.Activity.Current!.TraceId.ToString();
            });
        },
        builder =>
        {
            // As deployed: at Debug, ASP.NET's routing writes each path down.
            builder.Logging.SetMinimumLevel(LogLevel.Information);
            builder.AddNpgsqlDataSource("db");
        },
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Client.BaseAddress!.ToString()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("ConnectionStrings:db", database));

    private static Task<TestWeb> StartCollectorAsync(ConcurrentDictionary<string, ConcurrentQueue<byte[]>> received) => TestWeb.StartAsync(app =>
        app.MapPost("/v1/{signal}", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            received.GetOrAdd(request.Path, _ => new()).Enqueue(body.ToArray());
            return Results.Bytes([], "application/x-protobuf");
        }));

    // Strings stand in a protobuf message as they are.
    private static string Text(ConcurrentDictionary<string, ConcurrentQueue<byte[]>> received, string path)
        => string.Concat((received.GetValueOrDefault(path) ?? new()).Select(Encoding.UTF8.GetString));
}
