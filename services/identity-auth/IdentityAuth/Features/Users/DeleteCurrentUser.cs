using IdentityAuth.Data;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Users;

/// <summary>Delete the own account (contract §8.9). Never gives a sudo token out.</summary>
public static class DeleteCurrentUser
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/delete", HandleAsync)
        .WithName(nameof(DeleteCurrentUser))
        .WithSummary("Delete the own account")
        .WithDescription("Ends every session. The data is erased after the days of grace; a sign-in before takes it back.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.Delete)
        .Takes<SudoRequest>()
        .Answers(StatusCodes.Status204NoContent, "The account will be deleted.")
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

        await closures.ScheduleDeletionAsync(user, ClientAddress.Of(http), cancellationToken);
        return TypedResults.NoContent();
    }
}
