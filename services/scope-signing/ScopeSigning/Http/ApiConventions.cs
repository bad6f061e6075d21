using Microsoft.AspNetCore.Routing.Patterns;

namespace ScopeSigning.Http;

/// <summary>What holds for every answer: CORS for any origin without credentials, no caching, no sniffing, exact paths.</summary>
internal static class ApiConventions
{
    private const string Methods = "DELETE, GET, HEAD, POST, PUT";

    /// <summary>Before routing: the headers, on whatever answers.</summary>
    public static IApplicationBuilder UseApiHeaders(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        context.Response.OnStarting(static state =>
        {
            var headers = ((HttpContext)state).Response.Headers;
            if (headers.CacheControl.Count == 0)
            {
                headers.CacheControl = "no-store";
            }

            headers.XContentTypeOptions = "nosniff";
            headers.AccessControlAllowOrigin = "*";
            headers.AccessControlExposeHeaders = "Location, Retry-After, Authentiq-Job-Status";
            return Task.CompletedTask;
        }, context);
        return next(context);
    });

    /// <summary>After routing: <c>OPTIONS</c> on a known path, and 404 for a path in another spelling.</summary>
    public static IApplicationBuilder UseExactPaths(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var endpoint = context.GetEndpoint();
        if (endpoint is not null && !IsExact(context.Request.Path.Value ?? "", endpoint as RouteEndpoint))
        {
            context.SetEndpoint(null);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        if (endpoint is not null && HttpMethods.IsOptions(context.Request.Method))
        {
            // Routing answers a method that a known path lacks with an endpoint of its own, so any endpoint means a known path.
            var headers = context.Response.Headers;
            headers.Allow = Methods;
            headers.AccessControlAllowMethods = Methods;
            headers.AccessControlAllowHeaders = "Content-Type";
            headers.AccessControlMaxAge = "7200";
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        return next(context);
    });

    /// <summary>Routing ignores case and a trailing slash; this API does not.</summary>
    private static bool IsExact(string path, RouteEndpoint? endpoint)
    {
        if (path.Length > 1 && path.EndsWith('/'))
        {
            return false;
        }

        var segments = path.Split('/', StringSplitOptions.None).AsSpan(1);
        if (endpoint is null)
        {
            // Routing's own 405: literals come first in every path of this API, so the first segment tells.
            return !segments[0].Any(char.IsAsciiLetterUpper);
        }

        var pattern = endpoint.RoutePattern.PathSegments;
        for (var i = 0; i < pattern.Count && i < segments.Length; i++)
        {
            if (pattern[i].Parts is [RoutePatternLiteralPart literal] && literal.Content != segments[i])
            {
                return false;
            }
        }

        return true;
    }
}
