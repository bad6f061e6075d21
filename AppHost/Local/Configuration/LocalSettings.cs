using System.Globalization;
using System.Security.Cryptography;
using Aspire.Hosting.Local.Servers;

namespace Aspire.Hosting.Local.Configuration;

/// <summary>The settings of the default engine.</summary>
internal sealed class LocalSettings
{
    private const int DashboardPort = 18888;
    private const int DashboardOtlpPort = 18890;

    public LocalSettings(IConfiguration configuration, DistributedApplicationOptions options, string appHostDirectory)
    {
        Configuration = configuration;
        AppHostDirectory = appHostDirectory;
        ApplicationName = options.DashboardApplicationName ?? new DirectoryInfo(appHostDirectory).Parent?.Name ?? "Application";
        IsEphemeral = configuration.GetValue("Ephemeral", defaultValue: false);
        RandomizePorts = IsEphemeral || configuration.GetValue("DcpPublisher:RandomizePorts", defaultValue: false);
        InstallMissing = configuration.GetValue("AppHost:InstallMissing", defaultValue: true);
        EnableDashboard = !options.DisableDashboard;
        ForwardResourceLogs = options.EnableResourceLogging;
        AllowAnonymousDashboard = configuration.GetValue("ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS", defaultValue: false);
        BrowserToken = configuration["ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN"] ?? configuration["AppHost:BrowserToken"] ?? NewToken();
        OtlpApiKey = configuration["AppHost:OtlpApiKey"] ?? NewToken();
    }

    public IConfiguration Configuration { get; }

    public string AppHostDirectory { get; }

    public string ApplicationName { get; }

    /// <summary>A stack of its own: a temporary folder, free ports, nothing kept.</summary>
    public bool IsEphemeral { get; }

    /// <summary>Fixed ports of the app model are replaced by free ones.</summary>
    public bool RandomizePorts { get; }

    public bool InstallMissing { get; }

    public bool EnableDashboard { get; }

    public bool AllowAnonymousDashboard { get; }

    /// <summary>What the dashboard's login link carries.</summary>
    public string BrowserToken { get; }

    /// <summary>What the services send as <c>x-otlp-api-key</c>.</summary>
    public string OtlpApiKey { get; }

    /// <summary>Whether consoles of resources also go to the host's logging.</summary>
    public bool ForwardResourceLogs { get; }

    /// <summary>Where the dashboard is: setting <c>Dashboard:Port</c>, else the launch profile's <c>applicationUrl</c>.</summary>
    public Uri DashboardUrl() => Loopback("Dashboard:Port", Configuration["URLS"], DashboardPort);

    /// <summary>Where the dashboard takes telemetry: setting <c>Dashboard:OtlpPort</c>, else the launch profile.</summary>
    public Uri DashboardOtlpUrl() => Loopback("Dashboard:OtlpPort", Configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"], DashboardOtlpPort);

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private Uri Loopback(string setting, string? url, int defaultPort)
    {
        var port = Configuration.GetValue<int?>(setting);
        if (port is null && RandomizePorts)
        {
            port = Ports.Free();
        }

        if (port is null && Uri.TryCreate(url?.Split(';')[0], UriKind.Absolute, out var given) && given.Scheme == Uri.UriSchemeHttp)
        {
            return given;
        }

        return new Uri(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port ?? defaultPort}"));
    }
}
