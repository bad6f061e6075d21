using Gateway.Edge;
using Gateway.Routing;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Gateway.Health;

/// <summary>
/// <c>/health</c>: whether every deployed service has an instance that works. <c>/alive</c>: whether the gateway does.
/// </summary>
internal static class HealthEndpoints
{
    private const string Healthy = "Healthy";
    private const string Unhealthy = "Unhealthy";

    public static void MapGatewayHealth(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup(string.Empty).WithMetadata(new RateLimits.NoRateLimit());
        group.MapMethods("/alive", [HttpMethods.Get, HttpMethods.Head], (HttpContext context) => Answer(context, [], includeServices: false));
        group.MapMethods("/health", [HttpMethods.Get, HttpMethods.Head], (HttpContext context, IProxyStateLookup proxy) => Answer(context, Probe(proxy), includeServices: true));
    }

    // A service that is not deployed is not listed: it is not ill. It answers 503 on its own paths.
    private static Dictionary<string, string> Probe(IProxyStateLookup proxy)
    {
        var services = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in ServiceNames.All)
        {
            if (proxy.TryGetCluster(name, out var cluster) && cluster.DestinationsState.AllDestinations is { Count: > 0 } instances)
            {
                services[name] = instances.Any(Works) ? Healthy : Unhealthy;
            }
        }

        return services;
    }

    private static bool Works(DestinationState instance)
        => instance.Health is { Active: DestinationHealth.Healthy, Passive: not DestinationHealth.Unhealthy };

    private static IResult Answer(HttpContext context, Dictionary<string, string> services, bool includeServices)
    {
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        context.Response.Headers[HeaderNames.XContentTypeOptions] = "nosniff";
        var healthy = services.Values.All(state => state == Healthy);
        return Results.Json(
            new HealthReport(healthy ? Healthy : Unhealthy, includeServices ? services : null),
            HealthJson.Default.HealthReport,
            statusCode: healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
