namespace ServiceDefaults.Discovery;

/// <summary>Sends a request for a logical address to one of the service's real ones.</summary>
internal sealed class DiscoveryHandler(ServiceEndpoints endpoints) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var logical = request.RequestUri;
        if (logical is null)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        request.RequestUri = endpoints.Resolve(logical);
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // A second attempt asks again, and may get another instance.
            request.RequestUri = logical;
        }
    }
}
