using System.Globalization;
using IdentityAuth.Data;

namespace IdentityAuth.Http;

/// <summary>429 <c>RATE_LIMITED</c> with the wait in header and body (contract §1.7).</summary>
internal static class RateLimitAnswer
{
    public static IResult For(TimeSpan wait, bool isGlobal = false) => new Refusal(wait, isGlobal, null);

    /// <summary>A limit of the operation itself was reached: its numbers take the place of the bucket's.</summary>
    public static IResult For(Attempt attempt) => new Refusal(attempt.Wait!.Value, false, attempt.Reached!.Value.Limit);

    /// <summary>Unix time, whole seconds, not before the bucket is full.</summary>
    public static string Reset(DateTimeOffset fullAt)
        => ((fullAt.ToUnixTimeMilliseconds() + 999) / 1000).ToString(CultureInfo.InvariantCulture);

    private sealed class Refusal(TimeSpan wait, bool isGlobal, int? limit) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var headers = httpContext.Response.Headers;
            headers["X-RateLimit-Global"] = isGlobal ? "true" : "false";
            if (limit is { } number)
            {
                headers["X-RateLimit-Limit"] = number.ToString(CultureInfo.InvariantCulture);
                headers["X-RateLimit-Remaining"] = "0";
                headers["X-RateLimit-Reset"] = Reset(httpContext.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow() + wait);
            }

            return IdentityAuthProblems.RateLimited.With(wait, json =>
            {
                json.WriteBoolean("global"u8, isGlobal);
                json.WriteNumber("retry_after"u8, Math.Max(0.001, Math.Round(wait.TotalSeconds, 3)));
            }).ExecuteAsync(httpContext);
        }
    }
}
