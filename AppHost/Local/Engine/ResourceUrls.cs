using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local.Engine;

/// <summary>The links to an instance.</summary>
internal static class ResourceUrls
{
    public static IEnumerable<UrlSnapshot> Of(ResourceInstance instance)
    {
        foreach (var endpoint in instance.Resource.Endpoints().Where(e => e.AllocatedEndpoint is not null))
        {
            var reference = new EndpointReference((IResourceWithEndpoints)instance.Resource, endpoint);
            var link = new ResourceUrlAnnotation
            {
                Url = string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://{endpoint.TargetHost}:{instance.Port(endpoint.Name)}"),
                Endpoint = reference,
            };
            foreach (var annotation in instance.Resource.Annotations.OfType<EndpointUrlCallbackAnnotation>()
                .Where(a => string.Equals(a.EndpointName, endpoint.Name, StringComparison.OrdinalIgnoreCase)))
            {
                annotation.Callback(link);
            }

            // A callback may give a path: it is below the endpoint's address.
            var url = link.Url.StartsWith('/')
                ? string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://{endpoint.TargetHost}:{instance.Port(endpoint.Name)}{link.Url}")
                : link.Url;
            yield return new(endpoint.Name, url, IsInternal: link.DisplayLocation == UrlDisplayLocation.DetailsOnly)
            {
                DisplayProperties = new(link.DisplayText ?? string.Empty, link.DisplayOrder ?? 0),
            };
        }
    }
}
