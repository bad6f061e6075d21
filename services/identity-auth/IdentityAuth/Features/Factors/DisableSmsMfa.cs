using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>Text messages are a second factor no longer (contract §8.5). The phone number stays.</summary>
public static class DisableSmsMfa
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/mfa/sms/disable", HandleAsync)
        .WithName(nameof(DisableSmsMfa))
        .WithSummary("Stop using text messages as a factor")
        .WithDescription("Also good when they are none.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.SmsDisable)
        .Takes<SudoRequest>()
        .Answers(StatusCodes.Status204NoContent, "Text messages are no factor.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, Accounts accounts, TimeProvider clock, CancellationToken cancellationToken)
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

        await using var account = await accounts.LockAsync(user.Id, cancellationToken);
        if (account is null)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (account.User.Authenticators.HasFlag(AuthenticatorTypes.Sms))
        {
            await account.CommitAsync(
                batch =>
                {
                    batch.SetAuthenticators(user.Id, account.User.Authenticators & ~AuthenticatorTypes.Sms);
                    batch.AddAudit(user.Id, AuditAction.FactorRemoved, ClientAddress.Of(http), "sms", clock.GetUtcNow());
                },
                FactorStatements.Fields);
        }

        return TypedResults.NoContent();
    }
}
