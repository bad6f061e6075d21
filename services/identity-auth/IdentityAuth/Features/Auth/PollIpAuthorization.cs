using System.Text.Json.Serialization;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>The device that waits asks whether it was let in (contract §4). Never blocks.</summary>
public static class PollIpAuthorization
{
    private const int MaximumLength = 256;

    public static void Map(RouteGroupBuilder group) => group.MapGet("/ip-authorization/poll", HandleAsync)
        .WithName(nameof(PollIpAuthorization))
        .WithSummary("Ask whether a new address was let in")
        .WithDescription("Every two seconds or so. The session can be read for a minute after the owner has followed the link.")
        .Limited(Buckets.PollIpAuthorization)
        .HasQuery("ticket", "The ticket that the sign-in was answered with.")
        .Answers<PollIpAuthorizationResponse>(StatusCodes.Status200OK, "Whether it is done, and if so the session.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(HttpContext http, IpTickets tickets, CancellationToken cancellationToken)
    {
        var query = http.Request.Query["ticket"];
        var ticket = query.Count == 1 ? RequestText.Normalize(query[0]!) : "";
        if (ticket.Length == 0)
        {
            return new FieldErrors("ticket", FieldCodes.InvalidFormat);
        }

        if (ticket.Length > MaximumLength)
        {
            return new FieldErrors("ticket", FieldCodes.StringLengthInvalid);
        }

        var (pending, result) = await tickets.PollAsync(ticket, cancellationToken);
        return result is not null ? TypedResults.Ok(new PollIpAuthorizationResponse(Completed: true, result.Token, result.UserId))
            : pending ? TypedResults.Ok(new PollIpAuthorizationResponse(Completed: false, null, null))
            : new FieldErrors("ticket", FieldCodes.InvalidAuthorizationTicket);
    }
}

/// <summary>Whether the owner has let the sign-in in.</summary>
/// <param name="Completed">Whether he has.</param>
/// <param name="Token">The session token, when he has.</param>
/// <param name="UserId">The account, when he has.</param>
public sealed record PollIpAuthorizationResponse(
    bool Completed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? UserId);
