using Gateway.Errors;
using Gateway.Routing;
using Microsoft.Extensions.Options;

namespace Gateway.Edge;

/// <summary>
/// Looks at the head of a request before anything else does: refuses what is too large or not a canonical path, and replaces
/// everything that claims to know where the request came from.
/// </summary>
internal sealed class RequestHead(RequestDelegate next, ErrorAnswer errors, IOptions<GatewayOptions> options)
{
    /// <summary>Bytes of a request target; the servers behind take a request line of 8 KiB.</summary>
    private const int MaxTargetLength = 8000;

    /// <summary>Header fields; the servers behind take 100, and the gateway adds a few.</summary>
    private const int MaxHeaderFields = 90;

    /// <summary>The colon, the space and the line end around a header field.</summary>
    private const int FieldOverhead = 4;

    private const string ForwardedPrefix = "X-Forwarded-";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var route = context.GetEndpoint()?.Metadata.GetMetadata<GatewayRoute>();

        var target = RequestTarget.Of(context);
        if (target.Length > MaxTargetLength)
        {
            return errors.WriteAsync(context, StatusCodes.Status414UriTooLong);
        }

        var bytes = 0;
        var fields = 0;
        var claimsOrigin = false;
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                fields++;
                bytes += name.Length + (value?.Length ?? 0) + FieldOverhead;
            }

            claimsOrigin |= IsClaimOfOrigin(name);
        }

        var maxBytes = route?.Service == ServiceNames.ScopeSigning
            ? options.Value.MaxScopeSigningHeaderBytes
            : options.Value.MaxRequestHeaderBytes;
        if (bytes > maxBytes || fields > MaxHeaderFields)
        {
            return errors.WriteAsync(context, StatusCodes.Status431RequestHeaderFieldsTooLarge);
        }

        if (RequestTarget.HasDotSegment(target)
            || (route is not null && !request.Path.Value.AsSpan().StartsWith(route.Literal, StringComparison.Ordinal)))
        {
            return errors.WriteAsync(context, StatusCodes.Status404NotFound);
        }

        // Kestrel refuses a longer body without a Content-Length while it is being read.
        if (request.ContentLength > options.Value.MaxRequestBodyBytes)
        {
            return errors.WriteAsync(context, StatusCodes.Status413PayloadTooLarge);
        }

        if (claimsOrigin)
        {
            RemoveClaimsOfOrigin(request.Headers);
        }

        request.Headers["X-Forwarded-For"] = ClientAddress.Of(context);
        request.Headers["X-Forwarded-Proto"] = request.Scheme;
        request.Headers["X-Forwarded-Host"] = request.Host.Value;

        // No service speaks another protocol; the header would make the server treat the body as not there.
        request.Headers.Upgrade = default;

        return next(context);
    }

    private static bool IsClaimOfOrigin(string name)
        => name.StartsWith(ForwardedPrefix, StringComparison.OrdinalIgnoreCase)
            || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
            || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase);

    private static void RemoveClaimsOfOrigin(IHeaderDictionary headers)
    {
        foreach (var name in headers.Keys.Where(IsClaimOfOrigin).ToArray())
        {
            headers.Remove(name);
        }
    }
}
