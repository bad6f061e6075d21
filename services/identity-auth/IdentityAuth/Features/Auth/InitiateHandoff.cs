using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>A device that is not signed in asks for a code to show (contract §6).</summary>
public static class InitiateHandoff
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/handoff/initiate", HandleAsync)
        .WithName(nameof(InitiateHandoff))
        .WithSummary("Begin a handoff")
        .WithDescription("A code for the device to show; a browser that is signed in confirms it within five minutes.")
        .Limited(Buckets.HandoffInitiate)
        .Answers<InitiateHandoffResponse>(StatusCodes.Status200OK, "The code.");

    internal static async Task<IResult> HandleAsync(HttpContext http, Handoffs handoffs)
    {
        var (code, secret, expiresAt) = await handoffs.InitiateAsync(ClientAddress.ClientOf(http));
        return TypedResults.Ok(new InitiateHandoffResponse(HandoffCode.Show(code), expiresAt, secret));
    }
}

/// <summary>A code to show.</summary>
/// <param name="Code"><c>ABCD-2345</c>.</param>
/// <param name="ExpiresAt">When it is worth nothing any more.</param>
/// <param name="PollSecret">64 letters and digits that this device alone knows, to ask and to cancel with.</param>
public sealed record InitiateHandoffResponse(string Code, DateTimeOffset ExpiresAt, string PollSecret)
{
    public override string ToString() => "(handoff)";
}
