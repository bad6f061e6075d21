using IdentityAuth.Http;

namespace IdentityAuth.Features.Users;

/// <summary>The own account (contract §8.1), and the way to find out whether a token is alive.</summary>
public static class GetCurrentUser
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/", Handle)
        .WithName(nameof(GetCurrentUser))
        .WithSummary("Read the own account")
        .WithDescription("The account that the session belongs to; also the way to find out whether a token is alive.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.UserRead)
        .Answers<UserResponse>(StatusCodes.Status200OK, "The account.");

    internal static IResult Handle(HttpContext http, UserResponses responses) => TypedResults.Ok(responses.For(http.Caller.User));
}
