namespace ServiceDefaults.Discovery;

/// <summary>
/// One more attempt for a GET or HEAD that found no connection. Never for another method, never after a byte was answered: the
/// callers' own retries would multiply, and a POST that timed out may have been carried out.
/// </summary>
internal sealed class RetryHandler : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failure) when (MayRepeat(request, failure))
        {
            return await base.SendAsync(request, cancellationToken);
        }
    }

    private static bool MayRepeat(HttpRequestMessage request, HttpRequestException failure)
        => failure.HttpRequestError == HttpRequestError.ConnectionError
            && request.Content is null
            && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head);
}
