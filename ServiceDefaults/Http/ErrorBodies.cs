using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ServiceDefaults.Http;

/// <summary>Writes an error in the shape of one API family.</summary>
public interface IErrorBodyWriter
{
    /// <summary>
    /// Writes the whole answer for <paramref name="status"/>: a failure that no operation answered itself, such as an unknown
    /// path (404), a wrong method (405), a wrong media type (415), a body that is too large (413), a dependency that is away
    /// (503, <c>Retry-After</c> is already set) or a fault of our own (500).
    /// </summary>
    Task WriteAsync(HttpContext context, int status);
}

/// <summary>Gives every empty error answer and every exception a body in the family's shape.</summary>
public static class ErrorBodies
{
    /// <summary>
    /// Exceptions become 413 or 400 (<see cref="BadHttpRequestException"/>), 503 with <c>Retry-After</c> of 1 to 5 seconds (Postgres,
    /// Redis, the broker or another service away or too slow), else 500; the text of an exception never reaches the client. Stands after
    /// <see cref="CorrelationId.UseCorrelationId"/> and before everything that can fail.
    /// </summary>
    /// <remarks>
    /// The body comes from the <see cref="IErrorBodyWriter"/> of the service; without one it is problem details (RFC 9457) with a
    /// member <c>error</c>. Headers set before the failure stay (limits, CORS), except those that describe the failed answer.
    /// </remarks>
    public static IApplicationBuilder UseErrorBodies(this IApplicationBuilder app) => app.UseMiddleware<ErrorBodyMiddleware>();
}
