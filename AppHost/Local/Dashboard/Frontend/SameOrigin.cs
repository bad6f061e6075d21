namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>
/// Refuses what another page makes a browser send. The cookie alone does not do it: <c>SameSite</c> takes every port of localhost for the
/// same site, so the page of any other local server could click for the person who is logged in here.
/// </summary>
internal static class SameOrigin
{
    /// <summary>No form can send a header of its own, and a script of another origin would need a CORS preflight that is never answered.</summary>
    public const string HeaderName = "X-Dashboard-Request";

    /// <summary>Requests for <c>/api</c> and everything that is not safe (RFC 9110 §9.2.1) have to come from our own pages.</summary>
    public static void UseSameOriginOnly(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var request = context.Request;
        var isSafe = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        var isApi = request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase);
        if (isSafe && !isApi)
        {
            return next(context);
        }

        if (IsForeign(request))
        {
            return Answers.ErrorAsync(context, StatusCodes.Status403Forbidden, "The request comes from another origin.");
        }

        if (!isSafe && isApi && request.Headers[HeaderName].Count == 0)
        {
            return Answers.ErrorAsync(context, StatusCodes.Status403Forbidden, $"The header {HeaderName} is missing.");
        }

        return next(context);
    });

    private static bool IsForeign(HttpRequest request)
    {
        // A browser states where the request comes from (Fetch Metadata); "none" is a person typing the address.
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site != "same-origin" && site != "none")
        {
            return true;
        }

        return request.Headers.Origin is { Count: > 0 } origin
            && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }
}
