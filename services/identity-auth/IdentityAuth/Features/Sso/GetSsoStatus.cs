using IdentityAuth.Http;
using IdentityAuth.Sso;

namespace IdentityAuth.Features.Sso;

/// <summary>Whether there is single sign-on (contract §7.1).</summary>
public static class GetSsoStatus
{
    // Anonymous: a client asks before anybody has signed in.
    public static void Map(RouteGroupBuilder group) => group.MapGet("/sso/status", HandleAsync)
        .WithName(nameof(GetSsoStatus))
        .WithSummary("Ask about single sign-on")
        .WithDescription("Whether it is offered, and whether it is the only way in.")
        .Limited(Buckets.SsoStart)
        .Answers<SsoStatusResponse>(StatusCodes.Status200OK, "The state of single sign-on.");

    internal static async Task<IResult> HandleAsync(ISsoGate sso, CancellationToken cancellationToken)
        => TypedResults.Ok(await sso.GetStatusAsync(cancellationToken));
}
