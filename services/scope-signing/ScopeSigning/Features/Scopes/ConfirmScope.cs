using Microsoft.Extensions.Options;
using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;
using ScopeSigning.Signing;

namespace ScopeSigning.Features.Scopes;

/// <summary>
/// Hands the code or the link's secret back: the Authentiq API's <c>sign_confirm</c>. Whoever knows the job may call it. The
/// fifth wrong secret destroys the job.
/// </summary>
public static class ConfirmScope
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/scope/{job}", HandleAsync)
        .WithName(nameof(ConfirmScope))
        .WithSummary("Confirm a scope job")
        .WithDescription(
            "Takes the code of the message, or the secret of the link in the mail. After that the scope is signed: e-mail and phone " +
            "by this service within moments, an address by its authority. Repeating it with the right secret is 202 again.")
        .TakesJob()
        .TakesQuery("code", required: false, "The code, for clients that cannot send a body.")
        .TakesJson("An object with 'code' (from the message or letter) or 'secret' (from the link), both strings; at most 4096 bytes.")
        .Answers<StatusResponse>(202, "Confirmed.")
        .Refuses(
            ScopeSigningProblems.BadRequest, ScopeSigningProblems.AuthError, ScopeSigningProblems.UnknownJob, ScopeSigningProblems.NotSupported,
            ScopeSigningProblems.TooLarge, ScopeSigningProblems.BadMediaType, ScopeSigningProblems.Unavailable);

    internal static async Task<IResult> HandleAsync(
        string job, HttpRequest request, JobStore jobs, PepperedHash hash, IOptions<ScopeSigningOptions> options, CancellationToken cancellationToken)
    {
        if ((await ConfirmationBody.ReadAsync(request, cancellationToken)).IsRefused(out var refusal, out var confirmation))
        {
            return refusal == ConfirmationBody.IsToken
                ? new RefusalResult(refusal, allow: "DELETE, GET, HEAD, POST, PUT")
                : refusal.ToResult();
        }

        if (!JobId.TryParse(job, out var id))
        {
            return GetScope.Unknown();
        }

        // An empty secret is none: it is refused like one that is missing, and not counted.
        var result = await jobs.ConfirmAsync(
            id,
            confirmation.Code is { Length: > 0 } code ? hash.OfCode(id, code) : null,
            confirmation.LinkSecret is { Length: > 0 } secret ? hash.OfLinkSecret(id, secret) : null,
            options.Value.Ttl.Confirmed,
            cancellationToken);
        return result switch
        {
            ConfirmResult.Confirmed => TypedResults.Json(new StatusResponse { Status = "confirmed" }, statusCode: StatusCodes.Status202Accepted),
            ConfirmResult.Unknown => GetScope.Unknown(),
            _ => ScopeSigningProblems.NotAuthenticated.ToResult(),
        };
    }
}
