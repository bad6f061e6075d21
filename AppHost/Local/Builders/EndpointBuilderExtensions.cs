using System.Globalization;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>Endpoints, their links and their health.</summary>
public static partial class ResourceBuilderExtensions
{
    private const string Http = "http";

    /// <param name="port">What others connect to; a free port when null.</param>
    /// <param name="env">The variable that tells the process its port.</param>
    /// <exception cref="DistributedApplicationException">There already is an endpoint of that name.</exception>
    public static IResourceBuilder<T> WithEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, string? scheme = null, string? name = null,
        string? env = null, bool? isProxied = null, bool? isExternal = null, ProtocolType? protocol = null)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        var endpoint = new EndpointAnnotation(protocol ?? ProtocolType.Tcp, scheme, transport: null, name, port, targetPort, isExternal, isProxied);
        if (builder.Resource.Endpoints().Any(e => string.Equals(e.Name, endpoint.Name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new DistributedApplicationException(
                $"'{builder.Resource.Name}' already has an endpoint named '{endpoint.Name}'. Without a name an endpoint is named after its scheme.");
        }

        if (env is not null && builder.Resource is IResourceWithEnvironment)
        {
            endpoint.PortVariable = env;
            var reference = new EndpointReference(builder.Resource, endpoint);
            builder.Resource.Annotations.Add(new EnvironmentCallbackAnnotation(context =>
            {
                context.EnvironmentVariables[env] = reference.Property(EndpointProperty.TargetPort);
                return Task.CompletedTask;
            }));
        }

        return builder.WithAnnotation(endpoint);
    }

    /// <param name="name"><c>http</c> when null.</param>
    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, string? name = null, string? env = null, bool? isProxied = null)
        where T : IResourceWithEndpoints
        => builder.WithEndpoint(port, targetPort, scheme: Http, name: name, env: env, isProxied: isProxied);

    /// <summary>Says that callers outside use the http endpoints that the resource has so far.</summary>
    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        foreach (var endpoint in builder.Resource.Endpoints().Where(e => e.IsHttp))
        {
            endpoint.IsExternal = true;
        }

        return builder;
    }

    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        return new(builder.Resource, name);
    }

    /// <summary>Changes the link that people see for an endpoint.</summary>
    public static IResourceBuilder<T> WithUrlForEndpoint<T>(this IResourceBuilder<T> builder, string endpointName, Action<ResourceUrlAnnotation> callback)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(callback);
        return builder.WithAnnotation(new EndpointUrlCallbackAnnotation(endpointName, callback));
    }

    /// <summary>Healthy is who answers <c>GET</c> <paramref name="path"/> (<c>/</c>) with exactly <paramref name="statusCode"/> (200).</summary>
    /// <exception cref="DistributedApplicationException">The resource has no http endpoint yet.</exception>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        var endpoint = endpointName is null
            ? builder.Resource.Endpoints().OrderByDescending(e => e.UriScheme, StringComparer.Ordinal).FirstOrDefault(e => e.IsHttp)
            : builder.Resource.Endpoints().FirstOrDefault(e => string.Equals(e.Name, endpointName, StringComparison.OrdinalIgnoreCase));
        if (endpoint is not { IsHttp: true })
        {
            throw new DistributedApplicationException(
                $"No health check for '{builder.Resource.Name}': it has no http endpoint{(endpointName is null ? string.Empty : $" named '{endpointName}'")}. Endpoints have to be declared first.");
        }

        path ??= "/";
        var expected = statusCode ?? 200;
        var key = string.Create(CultureInfo.InvariantCulture, $"{builder.Resource.Name}_{endpoint.Name}_{path}_{expected}_check");
        return builder.WithAnnotation(new HealthProbeAnnotation(key, async (context, cancellationToken) =>
        {
            var url = string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://{endpoint.TargetHost}:{context.Port(endpoint.Name)}");
            using var response = await context.Http.GetAsync(new Uri(new Uri(url), path), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)response.StatusCode;
            return status == expected
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy(string.Create(CultureInfo.InvariantCulture, $"GET {path} answered {status}, not {expected}."));
        }));
    }
}
