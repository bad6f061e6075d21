using IdentityAuth.Data;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>Ends the session of the request (contract §3.10). Who has none is logged out already.</summary>
public static class LogoutUser
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/logout", HandleAsync)
        .WithName(nameof(LogoutUser))
        .WithSummary("Log out")
        .WithDescription("Ends the session whose token is in the header `Authorization`. The answer is the same without one.")
        .Limited(Buckets.Logout)
        .Answers(StatusCodes.Status204NoContent, "There is no such session any more.");

    internal static async Task<IResult> HandleAsync(HttpContext http, Revocations revocations)
    {
        if (http.OptionalCaller is { } caller)
        {
            // Who hangs up early wants to be logged out all the same.
            await revocations.EndAsync(caller.User.Id, [caller.Session.Hash], RevocationReason.Logout, ClientAddress.Of(http), CancellationToken.None);
        }

        return TypedResults.NoContent();
    }
}
