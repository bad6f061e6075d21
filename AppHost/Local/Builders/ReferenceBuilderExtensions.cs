using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>What a resource is told about another: connection string, connection properties, addresses.</summary>
public static partial class ResourceBuilderExtensions
{
    private const string ConnectionStringPrefix = "ConnectionStrings__";

    /// <summary>Passes <c>ConnectionStrings__{name}</c> and <c>{NAME}_{PROPERTY}</c>.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source, string? connectionName = null, bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(source);
        var resource = source.Resource;
        var name = connectionName ?? resource.Name;
        return builder
            .WithRelationship(resource, RelationshipTypes.Reference)
            .WithEnvironment(context =>
            {
                var variables = context.EnvironmentVariables;
                variables[resource.ConnectionStringEnvironmentVariable ?? ConnectionStringPrefix + name] = new ConnectionStringReference(resource, optional);

                var prefix = name.Length == 0 ? string.Empty : $"{EnvironmentNames.Encode(name).ToUpperInvariant()}_";
                foreach (var (property, value) in resource.GetConnectionProperties())
                {
                    variables[prefix + property.ToUpperInvariant()] = value;
                }
            });
    }

    /// <summary>Passes every address: <c>{NAME}_{ENDPOINT}</c> and <c>services__{name}__{scheme}__{n}</c>.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(source);
        return builder.Reference(source.Resource, endpointName: null, name: null);
    }

    /// <summary>The same under another name.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source, string name)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.Reference(source.Resource, endpointName: null, name);
    }

    /// <summary>Passes the address of one endpoint.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, EndpointReference endpointReference)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(endpointReference);
        return builder.Reference(endpointReference.Resource, endpointReference.EndpointName, name: null);
    }

    /// <summary>Passes a fixed address: <c>services__{name}__default__0</c>.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, string name, Uri uri)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri || uri.AbsolutePath != "/")
        {
            throw new InvalidOperationException($"The address of '{name}' has to be absolute and without a path: '{uri}'.");
        }

        return builder.WithEnvironment(context =>
        {
            context.EnvironmentVariables[EnvironmentNames.Encode(name).ToUpperInvariant()] = uri.ToString();
            context.EnvironmentVariables[$"services__{name}__default__0"] = uri.ToString();
        });
    }

    private static IResourceBuilder<T> Reference<T>(this IResourceBuilder<T> builder, IResourceWithEndpoints source, string? endpointName, string? name)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        var annotation = builder.Resource.Annotations.OfType<EndpointReferenceAnnotation>().FirstOrDefault(a => a.Resource == source);
        if (annotation is null)
        {
            annotation = new(source);
            builder.WithAnnotation(annotation).WithEnvironment(context => AddAddresses(context, annotation, name));
        }

        if (endpointName is null)
        {
            annotation.UseAllEndpoints = true;
        }
        else
        {
            annotation.EndpointNames.Add(endpointName);
        }

        return builder.WithRelationship(source, RelationshipTypes.Reference);
    }

    private static void AddAddresses(EnvironmentCallbackContext context, EndpointReferenceAnnotation annotation, string? name)
    {
        var variables = context.EnvironmentVariables;
        var serviceName = name ?? annotation.Resource.Name;
        foreach (var endpoint in annotation.Resource.Endpoints().Where(e => annotation.UseAllEndpoints || annotation.EndpointNames.Contains(e.Name)))
        {
            var reference = new EndpointReference(annotation.Resource, endpoint);
            var prefix = EnvironmentNames.Encode(name is null ? serviceName.ToUpperInvariant() : name);
            variables[$"{prefix}_{EnvironmentNames.Encode(endpoint.Name).ToUpperInvariant()}"] = reference;

            // An endpoint called http or https goes by its scheme, so that "http://name" finds it.
            var key = endpoint.Name is "http" or "https" ? endpoint.UriScheme : endpoint.Name;
            var addresses = context.ExecutionContext.IsRunMode && endpoint.ReplicaPorts.Count > 1
                ? Enumerable.Range(0, endpoint.ReplicaPorts.Count).Select(object (i) => new ReplicaReference(reference, i))
                : [reference];
            foreach (var address in addresses)
            {
                variables[Enumerable.Range(0, int.MaxValue).Select(n => $"services__{serviceName}__{key}__{n}").First(k => !variables.ContainsKey(k))] = address;
            }
        }
    }
}
