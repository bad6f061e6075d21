namespace Aspire.Hosting.Local.Dashboard;

/// <summary>The dashboard: pages for people and the OTLP receiver that feeds them, inside AppHost's process.</summary>
internal sealed class DashboardHost : IAsyncDisposable
{
    private DashboardHost(Uri url, Uri loginUrl, Uri otlpUrl)
    {
        Url = url;
        LoginUrl = loginUrl;
        OtlpUrl = otlpUrl;
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
    public static Task<DashboardHost> StartAsync(DashboardOptions options, IDashboardSource source, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
