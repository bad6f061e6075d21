using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>Which device waits with a code (contract §6, newer clients): the browser shows it before its owner confirms. Takes nothing.</summary>
public static class GetHandoffInfo
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/handoff/{code}/info", HandleAsync)
        .WithName(nameof(GetHandoffInfo))
        .WithSummary("Ask which device waits")
        .WithDescription("For the browser that is to confirm. The session is not handed out here.")
        .HasParameter("code", "The code that the device shows.")
        .Limited(Buckets.HandoffInfo)
        .Answers<GetHandoffInfoResponse>(StatusCodes.Status200OK, "The device. An unknown code counts as expired and has none.")
        .Refuses(IdentityAuthProblems.InvalidHandoffCode);

    internal static async Task<IResult> HandleAsync(string code, Handoffs handoffs)
    {
        if (!HandoffCode.TryParse(code, out var parsed))
        {
            return IdentityAuthProblems.InvalidHandoffCode;
        }

        var (status, client) = await handoffs.FindAsync(parsed);
        return TypedResults.Ok(new GetHandoffInfoResponse(
            GetHandoffStatus.Word(status), client is null ? null : ClientInfoResponse.Of(client.UserAgent, client.Platform)));
    }
}

/// <summary>A handoff as the confirming browser sees it.</summary>
/// <param name="Status"><c>pending</c>, <c>completed</c> or <c>expired</c>.</param>
/// <param name="ClientInfo">The device that waits, unless the handoff is over.</param>
public sealed record GetHandoffInfoResponse(string Status, ClientInfoResponse? ClientInfo);
