using ServiceDefaults.Http;

namespace ScopeSigning.Http;

/// <summary>Gives the errors that no operation answers itself (unknown path, wrong method, a store away …) the API's shape.</summary>
internal sealed class ScopeSigningErrorWriter : IErrorBodyWriter
{
    public Task WriteAsync(HttpContext context, int status)
    {
        // Only 500 and 503 are 5xx here, and a status without a code of its own is a malformed request.
        var (problem, detail) = status switch
        {
            StatusCodes.Status404NotFound => (ScopeSigningProblems.NotFound, "There is no such path."),
            StatusCodes.Status405MethodNotAllowed => (ScopeSigningProblems.NotSupported, "This path does not know the method."),
            StatusCodes.Status413PayloadTooLarge => (ScopeSigningProblems.TooLarge, "The body is too large."),
            StatusCodes.Status415UnsupportedMediaType => (ScopeSigningProblems.BadMediaType, "The media type is not taken."),
            StatusCodes.Status429TooManyRequests => (ScopeSigningProblems.RateLimit, "Wait as long as Retry-After says."),
            StatusCodes.Status503ServiceUnavailable => (ScopeSigningProblems.Unavailable, "A store that is needed is away."),
            >= 500 => (ScopeSigningProblems.ServerError, "The request could not be served."),
            _ => (ScopeSigningProblems.BadRequest, "The request is malformed."),
        };
        return new Refusal(problem, detail).ToResult().ExecuteAsync(context);
    }
}
