using IdentityAuth.Data;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Users;

/// <summary>Forgets every address that the account was used from (contract §8), the caller's too; sessions live on.</summary>
public static class ForgetAuthorizedIps
{
    public static void Map(RouteGroupBuilder group) => group.MapDelete("/authorized-ips", HandleAsync)
        .WithName(nameof(ForgetAuthorizedIps))
        .WithSummary("Forget the known addresses")
        .WithDescription("The next sign-in from any address has to be confirmed by mail. Sessions live on.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.ForgetIps)
        .Takes<SudoRequest>()
        .Answers(StatusCodes.Status204NoContent, "No address is known any more.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(HttpContext http, UserStore users, Sudo sudo, NpgsqlDataSource source, CancellationToken cancellationToken)
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

        if (await sudo.CheckAsync(http, user, fields, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        await source.ExecuteAsync("DELETE FROM authorized_ips WHERE user_id = $1", [user.Id], CancellationToken.None);
        return TypedResults.NoContent();
    }
}
