using Gateway.Health;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using ServiceDefaults.Discovery;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Gateway.Routing;

/// <summary>
/// Turns <see cref="RouteTable"/> and the services' addresses (<c>services:{name}:http:{n}</c>) into YARP's routes and clusters,
/// anew whenever the configuration changes. A service without an address is not deployed.
/// </summary>
internal sealed partial class ProxyConfiguration : IProxyConfigProvider, IDisposable
{
    private readonly ServiceEndpoints _endpoints;
    private readonly ILogger<ProxyConfiguration> _logger;
    private readonly GatewayOptions _options;
    private readonly IDisposable _configurationChanges;
    private volatile Snapshot _current;

    public ProxyConfiguration(
        ServiceEndpoints endpoints, IConfiguration configuration, IOptions<GatewayOptions> options, ILogger<ProxyConfiguration> logger)
    {
        _endpoints = endpoints;
        _logger = logger;
        _options = options.Value;
        _current = Read();
        _configurationChanges = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    public IProxyConfig GetConfig() => _current;

    public void Dispose() => _configurationChanges.Dispose();

    private void Reload()
    {
        var previous = _current;
        try
        {
            _current = Read();
        }
        catch (InvalidOperationException exception)
        {
            LogUnreadable(exception);
            return;
        }

        previous.SignalChange();
    }

    [LoggerMessage(LogLevel.Error, "The changed configuration has an address that cannot be read; the addresses stay as they were.")]
    private partial void LogUnreadable(Exception exception);

    private Snapshot Read()
        => new([.. RouteTable.Routes.Select(ToRoute)], [.. ServiceNames.All.Select(ToCluster)]);

    private static RouteConfig ToRoute(GatewayRoute route) => new()
    {
        RouteId = route.Id,
        ClusterId = route.Service,
        Match = new RouteMatch { Path = route.Pattern, Methods = route.EventStream ? [HttpMethods.Get] : null },
    };

    private ClusterConfig ToCluster(string service) => new()
    {
        ClusterId = service,
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        Destinations = _endpoints.Get(service).Distinct().ToDictionary(
            instance => instance.Authority,
            instance => new DestinationConfig { Address = instance.AbsoluteUri.TrimEnd('/') },
            StringComparer.Ordinal),
        HttpRequest = new ForwarderRequestConfig
        {
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            // How long a request may take is Deadline's business; here a pause of any length is fine, or quiet streams would end.
            ActivityTimeout = Timeout.InfiniteTimeSpan,
        },
        HealthCheck = new HealthCheckConfig
        {
            Active = new ActiveHealthCheckConfig
            {
                Enabled = true,
                Interval = _options.HealthInterval,
                Timeout = _options.HealthTimeout,
                Policy = InstanceProbes.PolicyName,
                Path = "/health",
            },
            // Set by ForwardRequest when an instance refuses a connection.
            Passive = new PassiveHealthCheckConfig { Enabled = true },
            // When every instance looks ill, a try is worth more than a certain refusal: a service without one of its stores
            // reports unhealthy and still answers most of its requests.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
        },
    };

    private sealed class Snapshot(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters) : IProxyConfig
    {
        private readonly ConfigurationReloadToken _changed = new();

        public IReadOnlyList<RouteConfig> Routes => routes;

        public IReadOnlyList<ClusterConfig> Clusters => clusters;

        public IChangeToken ChangeToken => _changed;

        public void SignalChange() => _changed.OnReload();
    }
}
