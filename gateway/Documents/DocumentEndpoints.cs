using System.Text.Json.Nodes;
using Gateway.Routing;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using ServiceDefaults.Discovery;
using Yarp.ReverseProxy;

namespace Gateway.Documents;

/// <summary>
/// <c>/openapi/{service}.json</c>: the OpenAPI document of each service, as the service describes itself, with the gateway as
/// server. <c>/docs</c>: one page to read and try them, served from this process alone.
/// </summary>
internal static class DocumentEndpoints
{
    /// <summary>Where each service serves its document.</summary>
    private const string ServicePath = "/openapi/v1.json";

    private const long MaxDocumentBytes = 8 * 1024 * 1024;

    // Scripts come from this server only. The page sets styles on elements, and its bundle carries its icons as data URLs.
    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly TimeSpan DocumentTimeout = TimeSpan.FromSeconds(10);

    public static void MapGatewayDocuments(this WebApplication app)
    {
        app.MapMethods("/openapi/{service}.json", [HttpMethods.Get, HttpMethods.Head], GetDocumentAsync);

        var endpoints = app.Services.GetRequiredService<ServiceEndpoints>();
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments("/docs", StringComparison.Ordinal),
            docs =>
            {
                docs.Use((context, next) =>
                {
                    context.Response.Headers.ContentSecurityPolicy = PagePolicy;
                    context.Response.Headers.XContentTypeOptions = "nosniff";
                    context.Response.Headers["Referrer-Policy"] = "no-referrer";
                    return next(context);
                });
                docs.UseSwaggerUI(page =>
                {
                    page.RoutePrefix = "docs";
                    page.DocumentTitle = "Platform";
                    foreach (var service in ServiceNames.All.Where(service => endpoints.Get(service).Count > 0))
                    {
                        page.SwaggerEndpoint($"/openapi/{service}.json", service);
                    }
                });
            });
    }

    private static async Task<Results<ContentHttpResult, StatusCodeHttpResult>> GetDocumentAsync(
        string service, HttpContext context, IProxyStateLookup proxy, PlatformSettings platform)
    {
        if (!ServiceNames.All.Contains(service))
        {
            return TypedResults.StatusCode(StatusCodes.Status404NotFound);
        }

        var document = await FetchAsync(service, proxy, context.RequestAborted);
        if (document is null)
        {
            return TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        document["servers"] = new JsonArray(new JsonObject { ["url"] = platform.BaseUrl });
        context.Response.Headers[HeaderNames.CacheControl] = "no-cache";
        context.Response.Headers[HeaderNames.XContentTypeOptions] = "nosniff";
        return TypedResults.Content(document.ToJsonString(), "application/json; charset=utf-8");
    }

    /// <summary>The document of the first instance that has it.</summary>
    private static async Task<JsonObject?> FetchAsync(string service, IProxyStateLookup proxy, CancellationToken cancellationToken)
    {
        if (!proxy.TryGetCluster(service, out var cluster))
        {
            return null;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(DocumentTimeout);
        foreach (var instance in cluster.DestinationsState.AvailableDestinations)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, instance.Model.Config.Address + ServicePath);
                using var response = await cluster.Model.HttpClient.SendAsync(request, timeout.Token);
                if (response.IsSuccessStatusCode)
                {
                    await response.Content.LoadIntoBufferAsync(MaxDocumentBytes, timeout.Token);
                    await using var body = await response.Content.ReadAsStreamAsync(timeout.Token);
                    return await JsonNode.ParseAsync(body, cancellationToken: timeout.Token) as JsonObject;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or System.Text.Json.JsonException or OperationCanceledException)
            {
                // The next instance may have it; without one the answer is 503.
                if (timeout.IsCancellationRequested)
                {
                    return null;
                }
            }
        }

        return null;
    }
}
