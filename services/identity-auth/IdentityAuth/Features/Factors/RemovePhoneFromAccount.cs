using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>Takes the phone number off the account (contract §8.5).</summary>
public static class RemovePhoneFromAccount
{
    public static void Map(RouteGroupBuilder group) => group.MapDelete("/phone", HandleAsync)
        .WithName(nameof(RemovePhoneFromAccount))
        .WithSummary("Remove the phone number")
        .WithDescription("Refused with `SMS_MFA_NOT_ENABLED` (an old name) while text messages are a factor: switch that off first.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.PhoneRemove)
        .Takes<SudoRequest>()
        .Answers(StatusCodes.Status204NoContent, "The account has no number.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.SmsMfaNotEnabled);

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
            return IdentityAuthProblems.SmsMfaNotEnabled;
        }

        if (account.User.Phone is not null)
        {
            await account.CommitAsync(
                batch =>
                {
                    batch.Add("UPDATE users SET phone = NULL WHERE id = $1", user.Id);
                    batch.AddAudit(user.Id, AuditAction.FactorRemoved, ClientAddress.Of(http), "phone", clock.GetUtcNow());
                },
                "phone");
        }

        return TypedResults.NoContent();
    }
}
