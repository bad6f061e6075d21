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
        .WithDescription("Either side may, at any time. A device may say its secret: with a wrong one nothing ends.")
        .HasParameter("code", "The code that the device shows.")
        .Limited(Buckets.HandoffCancel)
        .Takes<CancelHandoffRequest>(isRequired: false)
        .Answers(StatusCodes.Status204NoContent, "There is no such handoff any more.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.InvalidHandoffCode);

    internal static async Task<IResult> HandleAsync(string code, HttpContext http, Handoffs handoffs, Revocations revocations)
    {
        using var body = await FormBody.ReadAsync(http);
        var secret = body.OptionalText("poll_secret", nullable: true);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (!HandoffCode.TryParse(code, out var parsed))
        {
            return IdentityAuthProblems.InvalidHandoffCode;
        }

        if (await handoffs.CancelAsync(parsed, secret) is { } result)
        {
            await revocations.EndAsync(
                result.UserId, [SessionToken.Hash(result.Token)], RevocationReason.HandoffCancelled, ClientAddress.Of(http), CancellationToken.None);
        }

        return TypedResults.NoContent();
    }
}

/// <summary>Who cancels. Unknown members are ignored.</summary>
public sealed record CancelHandoffRequest
{
    /// <summary>What the device was given with its code; the browser does not know it and says nothing.</summary>
    public string? PollSecret { get; init; }

    public override string ToString() => "(secret)";
}
