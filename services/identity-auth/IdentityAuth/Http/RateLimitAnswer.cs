using System.Globalization;
using IdentityAuth.Data;

namespace IdentityAuth.Http;

/// <summary>429 <c>RATE_LIMITED</c> with the wait in header and body (contract §1.7).</summary>
internal static class RateLimitAnswer
{
    /// <remarks>Something else than a bucket says wait: the bucket's size stays told, and nothing is left of it until then.</remarks>
    public static IResult For(TimeSpan wait) => new Refusal(wait, false, null, TellsReset: true);

    /// <summary>A bucket is empty: its numbers stand in the headers already.</summary>
    public static IResult For(in RateLimitDecision decision) => new Refusal(decision.Wait!.Value, decision.IsGlobal, null, TellsReset: false);

    /// <summary>A limit of the operation itself was reached: its numbers take the place of the bucket's.</summary>
    public static IResult For(Attempt attempt) => new Refusal(attempt.Wait!.Value, false, attempt.Reached!.Value.Limit, TellsReset: true);

    /// <summary>Unix time, whole seconds, not before the bucket is full.</summary>
    public static string Reset(DateTimeOffset fullAt)
        => ((fullAt.ToUnixTimeMilliseconds() + 999) / 1000).ToString(CultureInfo.InvariantCulture);

    private sealed record Refusal(TimeSpan Wait, bool IsGlobal, int? Limit, bool TellsReset) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var headers = httpContext.Response.Headers;
            headers["X-RateLimit-Global"] = IsGlobal ? "true" : "false";
            if (Limit is { } number)
            {
                headers["X-RateLimit-Limit"] = number.ToString(CultureInfo.InvariantCulture);
            }

            if (TellsReset)
            {
                headers["X-RateLimit-Remaining"] = "0";
                headers["X-RateLimit-Reset"] = Reset(httpContext.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow() + Wait);
            }

            return IdentityAuthProblems.RateLimited.With(Wait, json =>
            {
                json.WriteBoolean("global"u8, IsGlobal);
                json.WriteNumber("retry_after"u8, Math.Max(0.001, Math.Round(Wait.TotalSeconds, 3)));
            }).ExecuteAsync(httpContext);
        }
    }
}
