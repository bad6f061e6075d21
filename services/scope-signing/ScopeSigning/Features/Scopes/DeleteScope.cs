using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;

namespace ScopeSigning.Features.Scopes;

/// <summary>
/// Drops a job: the Authentiq API's <c>sign_delete</c>. Whoever knows the job may call it. Value, secrets and the copy of the
/// token are erased, a message not sent yet is not sent, and a signing under way finds nothing to sign.
/// </summary>
public static class DeleteScope
{
    public static void Map(RouteGroupBuilder group) => group.MapDelete("/scope/{job}", HandleAsync)
        .WithName(nameof(DeleteScope))
        .WithSummary("Drop a scope job")
        .WithDescription("Erases the job with everything in it, in any state. A token already fetched stays valid.")
        .TakesJob()
        .Answers<StatusResponse>(200, "Gone.")
        .Refuses(ScopeSigningProblems.UnknownJob, ScopeSigningProblems.Unavailable);

    internal static async Task<IResult> HandleAsync(string job, JobStore jobs, CancellationToken cancellationToken)
        => JobId.TryParse(job, out var id) && await jobs.DeleteAsync(id, cancellationToken)
            ? TypedResults.Ok(new StatusResponse { Status = "done" })
            : GetScope.Unknown();
}
