using System.Globalization;
using ScopeSigning.Domain;
using ServiceDefaults.Http;

namespace ScopeSigning.Http;

/// <summary>Answers with the Error object of the API.</summary>
internal sealed class RefusalResult(Refusal refusal, TimeSpan? retryAfter = null, string? allow = null) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        RefusalReason.Tell(httpContext, refusal.Cause ?? refusal.Problem.Code);
        var response = httpContext.Response;
        response.StatusCode = refusal.Problem.Status;
        if (refusal.Problem.Status == StatusCodes.Status401Unauthorized)
        {
            // RFC 9110 §11.6.1: a 401 names a scheme.
            response.Headers.WWWAuthenticate = "Authentiq";
        }

        if (retryAfter is { } wait)
        {
            response.Headers.RetryAfter = ((long)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(CultureInfo.InvariantCulture);
        }

        if (allow is not null)
        {
            response.Headers.Allow = allow;
        }

        var identity = httpContext.RequestServices.GetRequiredService<IssuerIdentity>();
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            // RFC 9110 §9.3.2: no body for HEAD.
            response.ContentType = "application/json; charset=utf-8";
            return;
        }

        await response.WriteAsJsonAsync(
            new ErrorBody
            {
                Error = refusal.Problem.Status,
                Type = $"{identity.Issuer}/errors/{refusal.Problem.Code}",
                Title = refusal.Problem.Title,
                Detail = refusal.Detail,
            },
            httpContext.RequestAborted);
    }
}

internal static class RefusalResults
{
    public static IResult ToResult(this Refusal refusal) => new RefusalResult(refusal);

    public static IResult ToResult(this ProblemType problem, string detail) => new RefusalResult(new Refusal(problem, detail));

    public static IResult TooMany(TimeSpan retryAfter)
        => new RefusalResult(new Refusal(ScopeSigningProblems.RateLimit, "Wait as long as Retry-After says."), retryAfter);
}
