using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;
using StackExchange.Redis;

namespace ScopeSigning.Features.Scopes;

/// <summary>
/// The status of a job and, once there is one, the signed token: the Authentiq API's <c>sign_retrieve</c> and
/// <c>sign_retrieve_head</c>. Whoever knows the job may call it, at most 120 times a minute.
/// </summary>
public static class GetScope
{
    /// <summary>Tells <c>waiting</c>, <c>confirmed</c> and <c>ready</c> apart, which the API's statuses do not.</summary>
    public const string StatusHeader = "Authentiq-Job-Status";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/scope/{job}", HandleAsync)
            .WithName(nameof(GetScope))
            .WithSummary("Read a scope job")
            .WithDescription(
                "204 while nothing is signed yet, 200 with the signed token afterwards: as JSON, or as application/jwt when Accept asks for it. " +
                "The header Authentiq-Job-Status says waiting, confirmed or ready.")
            .TakesJob()
            .Answers<GetScopeResponse>(200, "Signed.", "application/json", "application/jwt")
            .AnswersEmpty(204, "Nothing is signed yet.")
            .Refuses(ScopeSigningProblems.UnknownJob, ScopeSigningProblems.RateLimit, ScopeSigningProblems.Unavailable);
        group.MapMethods("/scope/{job}", [HttpMethods.Head], HandleAsync)
            .WithName("HeadScope")
            .WithSummary("Ask for the status of a scope job")
            .WithDescription("The status of the GET, without a body.")
            .TakesJob()
            .AnswersEmpty(200, "Signed.")
            .AnswersEmpty(204, "Nothing is signed yet.")
            .RefusesEmpty(404, "There is no such job.")
            .RefusesEmpty(429, "Asked too often.");
    }

    internal static async Task<IResult> HandleAsync(
        string job, HttpContext context, JobStore jobs, RateLimits limits, IOptions<ScopeSigningOptions> options, CancellationToken cancellationToken)
    {
        if (!JobId.TryParse(job, out var id) || await jobs.FindAsync(id, cancellationToken) is not { } row)
        {
            return Unknown();
        }

        if (await TooOftenAsync(limits, row, options.Value.Limits) is { } wait)
        {
            return RefusalResults.TooMany(wait);
        }

        context.Response.Headers[StatusHeader] = row.State;
        if (!row.IsReady)
        {
            return TypedResults.NoContent();
        }

        var asToken = TokenNegotiation.WantsToken(context.Request);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return TypedResults.Text("", asToken ? TokenNegotiation.TokenMediaType : "application/json; charset=utf-8");
        }

        var token = jobs.TokenOf(row)!;
        return asToken
            ? TypedResults.Bytes(System.Text.Encoding.ASCII.GetBytes(token), TokenNegotiation.TokenMediaType)
            : TypedResults.Ok(new GetScopeResponse { Sub = row.Sub, Field = row.Scope, Exp = row.TokenExpires!.Value, Status = "ready", Jwt = token });
    }

    internal static IResult Unknown() => ScopeSigningProblems.UnknownJob.ToResult("There is no such job.");

    private static async Task<TimeSpan?> TooOftenAsync(RateLimits limits, JobRow job, LimitOptions options)
    {
        try
        {
            return (await limits.TakeAsync(new LimitedSubject($"job-reads:{job.Reference:N}", Limit.Parse(options.JobReads)))).RetryAfter;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            // Reading is safe and goes on without Redis; the limit only spares us the load.
            return null;
        }
    }
}

/// <summary>A signed scope.</summary>
public sealed record GetScopeResponse
{
    /// <summary>The key that the token is about: 43 base64url characters.</summary>
    [JsonPropertyName("sub")]
    public required string Sub { get; init; }

    /// <summary>The scope: <c>email</c>, <c>phone</c> or <c>address</c>.</summary>
    [JsonPropertyName("field")]
    public required string Field { get; init; }

    /// <summary>When the token ends, in seconds of Unix time.</summary>
    [JsonPropertyName("exp")]
    public required long Exp { get; init; }

    /// <summary>Always <c>ready</c>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>The issuer-signed token, a compact JWS.</summary>
    [JsonPropertyName("jwt")]
    public required string Jwt { get; init; }
}
