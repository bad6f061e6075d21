using Aspire.Hosting.Local.Dashboard.Frontend;
using Aspire.Hosting.Local.Dashboard.Live;
using Aspire.Hosting.Local.Dashboard.Otlp;
using Aspire.Hosting.Local.Dashboard.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.Local.Dashboard;

/// <summary>The dashboard: pages for people and the OTLP receiver that feeds them, inside AppHost's process.</summary>
internal sealed class DashboardHost : IAsyncDisposable
{
    /// <summary>A tab has one stream and a few requests; a browser opens at most six connections.</summary>
    private const long MaxConnections = 256;

    private readonly WebApplication frontend;
    private readonly WebApplication receiver;
    private readonly CancellationTokenSource stopping;
    private readonly Task watching;
    private bool isDisposed;

    private DashboardHost(DashboardOptions options, WebApplication frontend, WebApplication receiver, Task watching, CancellationTokenSource stopping)
    {
        this.frontend = frontend;
        this.receiver = receiver;
        this.watching = watching;
        this.stopping = stopping;
        Url = LoopbackServer.AddressOf(frontend, options.FrontendUrl);
        LoginUrl = new Uri(Url, $"{Login.Path}?t={Uri.EscapeDataString(options.BrowserToken)}");
        OtlpUrl = LoopbackServer.AddressOf(receiver, options.OtlpUrl);
    }

    /// <summary>Where the pages are, with the port that was really taken.</summary>
    public Uri Url { get; }

    /// <summary><see cref="Url"/> with <c>/login?t={token}</c>: opening it logs a browser in.</summary>
    public Uri LoginUrl { get; }

    /// <summary>What belongs into <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
    public Uri OtlpUrl { get; }

    /// <summary>Starts both listeners.</summary>
    /// <exception cref="ArgumentException">An address of <paramref name="options"/> is not on loopback, or a secret is empty.</exception>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task<DashboardHost> StartAsync(DashboardOptions options, IDashboardSource source, CancellationToken cancellationToken)
    {
        LoopbackServer.Check(options.FrontendUrl, nameof(options.FrontendUrl));
        LoopbackServer.Check(options.OtlpUrl, nameof(options.OtlpUrl));
        if (!options.AllowAnonymous)
        {
            ThrowIfEmpty(options.BrowserToken, nameof(options.BrowserToken));
            ThrowIfEmpty(options.OtlpApiKey, nameof(options.OtlpApiKey));
        }

        var ending = new CancellationTokenSource();
        var store = new TelemetryStore(new LogStore(), new TraceStore(), new MetricStore());
        var logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<DashboardHost>();
        var resources = new ResourceFeed(source, options.TimeProvider, logger);

        var pages = BuildFrontend(options, source, resources, store, logger, ending.Token);
        var otlp = BuildReceiver(options, store, logger);
        try
        {
            await otlp.StartAsync(cancellationToken);
            await pages.StartAsync(cancellationToken);
        }
        catch
        {
            await otlp.DisposeAsync();
            await pages.DisposeAsync();
            ending.Dispose();
            throw;
        }

        return new DashboardHost(options, pages, otlp, Task.Run(() => resources.RunAsync(ending.Token), CancellationToken.None), ending);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, true))
        {
            return;
        }

        // Streams end first: Kestrel would wait for them.
        await stopping.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await frontend.StopAsync();
        await frontend.DisposeAsync();
        await receiver.StopAsync();
        await receiver.DisposeAsync();
        stopping.Dispose();
    }

    private static WebApplication BuildFrontend(
        DashboardOptions options, IDashboardSource source, ResourceFeed resources, TelemetryStore store, ILogger logger, CancellationToken stopping)
    {
        var app = LoopbackServer.Build(options.FrontendUrl, options, limits =>
        {
            limits.MaxConcurrentConnections = MaxConnections;
            limits.MaxRequestBodySize = 32 * 1024;
        });
        var assets = new StaticAssets(options.ApplicationName);
        var sessions = new BrowserSession(options);

        // From the outside in: who asks, from where, whether logged in, for what.
        app.UseSecurityHeaders();
        app.UseFailures(logger);
        app.UseLoopbackHostsOnly();
        app.UseSameOriginOnly();
        app.UseLogin(sessions);
        app.UseRouting();

        app.MapLogin(sessions, assets);
        assets.Map(app);
        Pages.Map(app, assets);
        new ResourceEndpoints(resources, source, options.TimeProvider, stopping).Map(app);
        new TelemetryEndpoints(store, options.TimeProvider).Map(app);
        new LiveEndpoint(resources, source, store, options.TimeProvider, stopping).Map(app);
        return app;
    }

    private static WebApplication BuildReceiver(DashboardOptions options, TelemetryStore store, ILogger logger)
    {
        var app = LoopbackServer.Build(options.OtlpUrl, options, limits =>
        {
            limits.MaxConcurrentConnections = MaxConnections;
            limits.MaxRequestBodySize = OtlpEndpoints.MaxRefusedBodyBytes;
        });
        app.UseFailures(logger);
        app.UseLoopbackHostsOnly();
        app.UseRouting();
        var endpoints = new OtlpEndpoints(options, store);
        endpoints.Map(app);
        app.Lifetime.ApplicationStopped.Register(endpoints.Dispose);
        return app;
    }

    private static void ThrowIfEmpty(string secret, string setting)
    {
        if (string.IsNullOrWhiteSpace(secret))
        {
            throw new ArgumentException($"{setting} is empty; only AllowAnonymous may leave it so.", nameof(secret));
        }
    }
}
