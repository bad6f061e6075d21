using IdentityAuth.Data;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Users;

/// <summary>Switch the own account off (contract §8.9). Never gives a sudo token out.</summary>
public static class DisableCurrentUser
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/disable", HandleAsync)
        .WithName(nameof(DisableCurrentUser))
        .WithSummary("Switch the own account off")
        .WithDescription("Ends every session. The next sign-in switches the account on again.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.Disable)
        .Takes<SudoRequest>()
        .Answers(StatusCodes.Status204NoContent, "The account is off.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, AccountClosures closures, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var fields = SudoFields.Read(body);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (await sudo.CheckAsync(http, user, fields, cancellationToken, issuesToken: false) is { } refusal)
        {
            return refusal;
        }

        await closures.DisableAsync(user, ClientAddress.Of(http), cancellationToken);
        return TypedResults.NoContent();
    }
}
