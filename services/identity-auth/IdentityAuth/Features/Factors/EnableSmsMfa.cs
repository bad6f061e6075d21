using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>Makes text messages a second factor beside the authenticator app (contract §8.5).</summary>
public static class EnableSmsMfa
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/mfa/sms/enable", HandleAsync)
        .WithName(nameof(EnableSmsMfa))
        .WithSummary("Use text messages as a factor")
        .WithDescription("Needs an authenticator app and a phone number. Gives no sudo token.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.SmsEnable)
        .Takes<SudoRequest>()
        .Answers(StatusCodes.Status204NoContent, "Text messages are a factor.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.SmsMfaRequiresTotp, IdentityAuthProblems.PhoneRequiredForSmsMfa,
            IdentityAuthProblems.SmsVerificationUnavailable);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, Accounts accounts, TextMessages texts, TimeProvider clock, CancellationToken cancellationToken)
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

        await using var account = await accounts.LockAsync(user.Id, cancellationToken);
        if (account is null)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (!account.User.Authenticators.HasFlag(AuthenticatorTypes.Totp))
        {
            return IdentityAuthProblems.SmsMfaRequiresTotp;
        }

        if (account.User.Phone is null)
        {
            return IdentityAuthProblems.PhoneRequiredForSmsMfa;
        }

        if (!texts.IsAvailable)
        {
            return IdentityAuthProblems.SmsVerificationUnavailable;
        }

        if (!account.User.Authenticators.HasFlag(AuthenticatorTypes.Sms))
        {
            await account.CommitAsync(
                batch =>
                {
                    batch.SetAuthenticators(user.Id, account.User.Authenticators | AuthenticatorTypes.Sms);
                    batch.AddAudit(user.Id, AuditAction.FactorAdded, ClientAddress.Of(http), "sms", clock.GetUtcNow());
                },
                FactorStatements.Fields);
        }

        return TypedResults.NoContent();
    }
}
