using IdentityAuth.Domain.Tokens;
using IdentityAuth.Http;
using IdentityAuth.Tokens;

namespace IdentityAuth.Features.Tokens;

/// <summary>
/// An access token for the platform's other services, in the name of the caller's session (platform design §5; RFC 9068). The gateway
/// asks for one too, on a path that it routes for nobody, without counting against the user's limits.
/// </summary>
public static class IssueToken
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/token", Handle)
        .WithName(nameof(IssueToken))
        .WithSummary("Get an access token")
        .WithDescription("A JWT (ES256) for the platform's other services, good for five minutes. It dies with its session where revocations are heard.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.Token)
        .Answers<AccessTokenResponse>(StatusCodes.Status200OK, "The token.");

    /// <summary>The same for the gateway; not part of the API.</summary>
    public static void MapInternal(IEndpointRouteBuilder routes) => routes.MapPost("/internal/auth/token", Handle)
        .NeedsUnsuspiciousSession()
        .ExcludeFromDescription();

    internal static IResult Handle(HttpContext http, AccessTokens tokens) => TypedResults.Ok(
        new AccessTokenResponse(tokens.Issue(http.Caller), "Bearer", (int)AccessToken.Lifetime.TotalSeconds));
}

/// <summary>An access token (RFC 6749 §5.1).</summary>
/// <param name="AccessToken">The JWT.</param>
/// <param name="TokenType"><c>Bearer</c>.</param>
/// <param name="ExpiresIn">Its life in seconds.</param>
public sealed record AccessTokenResponse(string AccessToken, string TokenType, int ExpiresIn)
{
    public override string ToString() => "(access token)";
}
