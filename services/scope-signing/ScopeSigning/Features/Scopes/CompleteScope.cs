using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;

namespace ScopeSigning.Features.Scopes;

/// <summary>
/// An authority brings its signature: the Authentiq API's <c>sign_update</c>. The token is signed by a key of the settings; a
/// self-signed one is refused. Whoever signs a confirmed job first wins, once.
/// </summary>
public static class CompleteScope
{
    public static void Map(RouteGroupBuilder group) => group.MapPut("/scope/{job}", HandleAsync)
        .WithName(nameof(CompleteScope))
        .WithSummary("Bring an authority's signature")
        .WithDescription(
            "Completes a confirmed job with a scope token of an authority that this service is set up with. The same token again is 200 " +
            "again; a different one is refused and the first one stays.")
        .TakesJob()
        .TakesToken("A scope token of an authority: header 'kid'; claims 'iss', 'sub', 'scope', the value, 'iat', 'exp' and 'jti'.")
        .Answers<CompleteScopeResponse>(200, "The job is ready.", "application/json", "application/jwt")
        .Refuses(
            ScopeSigningProblems.BadRequest, ScopeSigningProblems.AuthError, ScopeSigningProblems.UnknownJob,
            ScopeSigningProblems.ConfirmFirst, ScopeSigningProblems.AlreadySigned)
        .RefusesTokenBodies();

    internal static async Task<IResult> HandleAsync(
        string job, HttpRequest request, JobStore jobs, ScopeSigners signers, ScopeValues values, AuthorityTokenVerifier verifier,
        IOptions<ScopeSigningOptions> options, CancellationToken cancellationToken)
    {
        if (!JobId.TryParse(job, out var id) || await jobs.FindAsync(id, cancellationToken) is not { } row)
        {
            return GetScope.Unknown();
        }

        if (row.IsWaiting)
        {
            return ScopeSigningProblems.ConfirmFirst.ToResult("The job is not confirmed yet.");
        }

        if ((await TokenBody.ReadAsync(request, cancellationToken)).IsRefused(out var refusal, out var text)
            || verifier.Verify(text, new ExpectedScope(row.Sub, row.Scope, row.Test), signers.Authorities).IsRefused(out refusal, out var token))
        {
            return refusal.ToResult();
        }

        if ((await values.FromAsync(token.Claims, cancellationToken)).Normal != jobs.ValueOf(row).Normal)
        {
            return ScopeSigningProblems.NotAuthenticated.ToResult();
        }

        var signed = new SignedScope(text, token.Issuer, token.Expires, ProvesValue: false);
        if (!row.IsReady && await jobs.CompleteAsync(row, signed, options.Value.Ttl.Ready, cancellationToken))
        {
            return Ready(request, text);
        }

        // Ready before this request, or since: by the same token, by another, or gone.
        return await jobs.FindAsync(id, cancellationToken) is not { IsReady: true } ready
            ? GetScope.Unknown()
            : CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(jobs.TokenOf(ready)!), Encoding.UTF8.GetBytes(text))
                ? Ready(request, text)
                : ScopeSigningProblems.AlreadySigned.ToResult("Another token was first.");
    }

    private static IResult Ready(HttpRequest request, string token) => TokenNegotiation.WantsToken(request)
        ? TypedResults.Bytes(Encoding.ASCII.GetBytes(token), TokenNegotiation.TokenMediaType)
        : TypedResults.Ok(new CompleteScopeResponse { Status = "ready", Jwt = token });
}

/// <summary>A job that an authority completed.</summary>
public sealed record CompleteScopeResponse
{
    /// <summary>Always <c>ready</c>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>The authority's token, a compact JWS.</summary>
    [JsonPropertyName("jwt")]
    public required string Jwt { get; init; }
}
