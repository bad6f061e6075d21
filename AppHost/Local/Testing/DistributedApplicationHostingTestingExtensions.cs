using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Engine;

namespace Aspire.Hosting.Testing;

public static class DistributedApplicationHostingTestingExtensions
{
    /// <exception cref="ArgumentException">There is no such resource, or no such endpoint.</exception>
    /// <exception cref="InvalidOperationException">The application has not been started.</exception>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var address = app.GetEndpoint(resourceName, endpointName);
        var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        client.BaseAddress = address;
        return client;
    }

    /// <param name="endpointName"><c>https</c>, then <c>http</c>, when null.</param>
    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var resource = Find(app, resourceName);
        string[] names = endpointName is null ? ["https", "http"] : [endpointName];
        var endpoint = names
            .Select(name => resource.Endpoints().FirstOrDefault(e => string.Equals(e.Name, name, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(e => e is not null)
            ?? throw new ArgumentException($"'{resourceName}' has no endpoint named {string.Join(" or ", names)}.", nameof(endpointName));
        return new(endpoint.AllocatedEndpoint?.UriString
            ?? throw new InvalidOperationException($"The endpoint '{endpoint.Name}' of '{resourceName}' has no address yet."));
    }

    /// <exception cref="ArgumentException">There is no such resource, or it has no connection string.</exception>
    public static ValueTask<string?> GetConnectionStringAsync(
        this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default)
        => Find(app, resourceName) is IResourceWithConnectionString resource
            ? resource.GetConnectionStringAsync(cancellationToken)
            : throw new ArgumentException($"'{resourceName}' has no connection string.", nameof(resourceName));

    private static IResource Find(DistributedApplication app, string resourceName)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentException.ThrowIfNullOrEmpty(resourceName);
        if (!app.Services.GetRequiredService<ApplicationEngine>().HasStarted)
        {
            throw new InvalidOperationException("The application has not been started.");
        }

        return app.Services.GetRequiredService<IResourceCollection>().TryGetByName(resourceName, out var resource)
            ? resource
            : throw new ArgumentException($"There is no resource named '{resourceName}'.", nameof(resourceName));
    }
}
