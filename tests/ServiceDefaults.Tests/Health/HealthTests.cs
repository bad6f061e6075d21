using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;
using ServiceDefaults.Http;
using ServiceDefaults.Messaging;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Health;

public sealed class HealthTests
{
    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    public async Task Get_EverythingWell_200WithOneWord(string path)
    {
        await using var web = await TestWeb.StartAsync(app => app.MapDefaultEndpoints());

        Assert.Equal((HttpStatusCode.OK, "Healthy"), await GetAsync(web, path));
    }

    [Fact]
    public async Task Get_ACheckFails_HealthIs503WithoutDetailAndAliveStays200()
    {
        await using var web = await TestWeb.StartAsync(
            app =>
            {
                app.UseCorrelationId();
                app.UseErrorBodies();
                app.MapDefaultEndpoints();
            },
            builder => builder.Services.AddHealthChecks().AddCheck("x", () => HealthCheckResult.Unhealthy("detail", new InvalidOperationException("secret"))));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), await GetAsync(web, "/health"));
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await GetAsync(web, "/alive"));
    }

    [Fact]
    public async Task Get_ACheckNeverEnds_UnhealthyAllTheSame()
    {
        var never = new TaskCompletionSource<HealthCheckResult>();
        await using var web = await TestWeb.StartAsync(
            app => app.MapDefaultEndpoints(), builder => builder.Services.AddHealthChecks().Add(new("never", new Never(never.Task), null, null)));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(web, "/health")).Status);
    }

    [Fact]
    public async Task Get_PostgresSilent_UnhealthyAllTheSame()
    {
        var server = new NpgsqlConnectionStringBuilder((await BackingServers.GetAsync()).Postgres);
        await using var proxy = new TcpProxy(server.Host!, server.Port);
        server.Host = "127.0.0.1";
        server.Port = proxy.Port;
        // Without a limit of our own this would take as long as the connection string allows: for ever.
        server.Timeout = 0;
        server.CommandTimeout = 0;
        await using var web = await TestWeb.StartAsync(
            app => app.MapDefaultEndpoints(), builder => builder.AddNpgsqlDataSource("db"), ("ConnectionStrings:db", server.ConnectionString));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(web, "/health")).Status);

        proxy.Freeze();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(web, "/health")).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(web, "/alive")).Status);
    }

    [Fact]
    public async Task Get_ServiceConfiguresItsOwnWriter_HealthIsWrittenByIt()
    {
        await using var web = await TestWeb.StartAsync(
            app => app.MapDefaultEndpoints(),
            builder => builder.Services.Configure<HealthCheckOptions>(
                options => options.ResponseWriter = (context, _) => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "mine")));

        Assert.Equal("mine", (await GetAsync(web, "/health")).Body);
        Assert.Equal("Healthy", (await GetAsync(web, "/alive")).Body);
    }

    [Fact]
    public async Task Start_BrokerAway_ServesRequestsUnreadyAndIsReadyOnceItComes()
    {
        var servers = await BackingServers.GetAsync();
        await using var proxy = TcpProxy.For(new Uri(servers.RabbitMQ));
        proxy.Cut();
        await using var web = await TestWeb.StartAsync(
            app => app.MapDefaultEndpoints(),
            builder => builder.AddMessageBus(TestService.NewName(), _ => { }),
            ("ConnectionStrings:rabbitmq", new UriBuilder(servers.RabbitMQ) { Port = proxy.Port }.Uri.ToString()),
            ("Messaging:StartTimeout", "00:00:00.2"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(web, "/health")).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(web, "/alive")).Status);
        Assert.Contains(web.Log.Lines, line => line.Message.Contains("going on without it", StringComparison.Ordinal));

        proxy.Restore();
        await Eventually.BecomesTrueAsync(async () => (await GetAsync(web, "/health")).Status == HttpStatusCode.OK, "ready");

        proxy.Cut();
        await Eventually.BecomesTrueAsync(async () => (await GetAsync(web, "/health")).Status == HttpStatusCode.ServiceUnavailable, "unready again");
    }

    /// <summary>A broker that stands still keeps its connections: only an answer that does not come tells.</summary>
    [Fact]
    public async Task Get_BrokerSilent_UnhealthyUntilItGoesOn()
    {
        var servers = await BackingServers.GetAsync();
        await using var proxy = TcpProxy.For(new Uri(servers.RabbitMQ));
        await using var web = await TestWeb.StartAsync(
            app => app.MapDefaultEndpoints(),
            builder => builder.AddMessageBus(TestService.NewName(), _ => { }),
            ("ConnectionStrings:rabbitmq", new UriBuilder(servers.RabbitMQ) { Port = proxy.Port }.Uri.ToString()));
        await Eventually.BecomesTrueAsync(async () => (await GetAsync(web, "/health")).Status == HttpStatusCode.OK, "ready");

        proxy.Freeze();
        await Eventually.BecomesTrueAsync(
            async () => (await GetAsync(web, "/health")).Status == HttpStatusCode.ServiceUnavailable, "unready", TimeSpan.FromSeconds(15)); // MassTransit itself would notice after 20 s
        proxy.Thaw();

        await Eventually.BecomesTrueAsync(async () => (await GetAsync(web, "/health")).Status == HttpStatusCode.OK, "ready again");
    }

    [Fact]
    public async Task Metric_ACheckFailsAndRecovers_DependencyIsDownAndUp()
    {
        var isUp = false;
        await using var web = await TestWeb.StartAsync(
            app => app.MapDefaultEndpoints(),
            builder =>
            {
                builder.Services.AddHealthChecks().AddCheck("store", () => isUp ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy()).AddCheck("other", () => HealthCheckResult.Degraded());
                builder.Services.PostConfigure<HealthCheckPublisherOptions>(publishing => (publishing.Delay, publishing.Period) = (TimeSpan.Zero, TimeSpan.FromSeconds(1)));
            });
        var seen = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        var meters = web.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "dependency.up" && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => seen[(string)Assert.Single(tags.ToArray()).Value!] = value);
        listener.Start();

        await Eventually.BecomesTrueAsync(() => Task.FromResult(seen.Count == 2), "measured");
        Assert.Equal((0, 1), (seen["store"], seen["other"])); // and nothing of the process itself
        isUp = true;
        await Eventually.BecomesTrueAsync(() => Task.FromResult(seen["store"] == 1), "up");
    }

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(TestWeb web, string path)
    {
        using var response = await web.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private sealed class Never(Task<HealthCheckResult> result) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => result;
    }
}
