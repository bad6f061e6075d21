using Microsoft.Net.Http.Headers;

namespace Gateway.Errors;

/// <summary>
/// The CORS rules of a family, repeated on the answers that the gateway makes; services answer for themselves.
/// </summary>
internal sealed record CorsRules
{
    /// <summary>Origins that may read; <see langword="null"/>: any.</summary>
    public IReadOnlyCollection<string>? Origins { get; init; }

    /// <summary>Cookies may be sent; the origin is then named, never <c>*</c>.</summary>
    public bool Credentials { get; init; }

    /// <summary>Request headers that a page may send, comma-separated; <see langword="null"/>: whatever it asks for.</summary>
    public string? AllowedHeaders { get; init; }

    /// <summary>Methods that a page may use, comma-separated.</summary>
    public string AllowedMethods { get; init; } = "GET, HEAD, POST, PUT, PATCH, DELETE";

    /// <summary>Response headers that a page may read, comma-separated.</summary>
    public required string ExposedHeaders { get; init; }

    /// <summary>Adds what a browser needs in order to read this answer.</summary>
    public void ApplyTo(HttpContext context)
    {
        if (AddOrigin(context))
        {
            context.Response.Headers.AccessControlExposeHeaders = ExposedHeaders;
        }
    }

    /// <summary>Answers a preflight request (Fetch standard, "CORS-preflight request").</summary>
    public void ApplyPreflightTo(HttpContext context)
    {
        if (AddOrigin(context))
        {
            var headers = context.Response.Headers;
            headers.AccessControlAllowMethods = AllowedMethods;
            headers.AccessControlAllowHeaders = AllowedHeaders ?? context.Request.Headers.AccessControlRequestHeaders;
        }
    }

    private bool AddOrigin(HttpContext context)
    {
        var headers = context.Response.Headers;
        var origin = context.Request.Headers.Origin.ToString();
        if (Origins is not null)
        {
            headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        }

        if (origin.Length == 0 || Origins?.Contains(origin) == false)
        {
            return false;
        }

        headers.AccessControlAllowOrigin = Origins is null ? "*" : origin;
        if (Credentials)
        {
            headers.AccessControlAllowCredentials = "true";
        }

        return true;
    }
}
