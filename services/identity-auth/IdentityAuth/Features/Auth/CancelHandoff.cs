using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>Ends a handoff (contract §6), with the session that waits for its device. The answer is the same for an unknown code.</summary>
public static class CancelHandoff
{
    public static void Map(RouteGroupBuilder group) => group.MapDelete("/handoff/{code}", HandleAsync)
        .WithName(nameof(CancelHandoff))
        .WithSummary("Cancel a handoff")
        .WithDescription("Either side may, at any time.")
        .HasParameter("code", "The code that the device shows.")
        .Limited(Buckets.HandoffCancel)
        .Answers(StatusCodes.Status204NoContent, "There is no such handoff any more.")
        .Refuses(IdentityAuthProblems.InvalidHandoffCode);

    internal static async Task<IResult> HandleAsync(string code, HttpContext http, Handoffs handoffs, Revocations revocations)
    {
        if (!HandoffCode.TryParse(code, out var parsed))
        {
            return IdentityAuthProblems.InvalidHandoffCode;
        }

        if (await handoffs.CancelAsync(parsed) is { } result)
        {
            await revocations.EndAsync(
                result.UserId, [SessionToken.Hash(result.Token)], RevocationReason.HandoffCancelled, ClientAddress.Of(http), CancellationToken.None);
        }

        return TypedResults.NoContent();
    }
}
