using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Factors;

/// <summary>Removes the authenticator app, and with it the backup codes and text messages as a factor; security keys stay (contract §8.4).</summary>
public static class DisableTotpMfa
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/mfa/totp/disable", HandleAsync)
        .WithName(nameof(DisableTotpMfa))
        .WithSummary("Remove the authenticator app")
        .WithDescription("With a code of the app or a backup code. Text messages as a factor and the backup codes go too. When the sudo fields carry the "
            + "same code, it serves both. Field code: `INVALID_CODE` on `code`.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.TotpDisable)
        .Takes<DisableTotpMfaRequest>()
        .Answers(StatusCodes.Status204NoContent, "The app is removed.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.TwoFactorRequired);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, NpgsqlDataSource source, UserStore users, Sudo sudo, ISecondFactors factors, AttemptLimiter attempts, Accounts accounts,
        TotpFactor totp, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (code, fields) = (body.Text("code", 1, 32), SudoFields.Read(body));
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        // 1. Sudo; the same code in both places is spent once.
        var isProven = false;
        var refusal = await sudo.CheckAsync(http, user, fields, cancellationToken, verifiedFactor: async proof =>
        {
            var isRight = await factors.VerifySudoAsync(http.Caller, user, proof, cancellationToken);
            isProven = isRight && proof.Method == "totp" && proof.Code == code;
            return isRight;
        });
        if (refusal is not null)
        {
            return refusal;
        }

        if (!user.Authenticators.HasFlag(AuthenticatorTypes.Totp))
        {
            return IdentityAuthProblems.TwoFactorRequired;
        }

        // 2. The code; a wrong one counts as one in sudo mode does.
        if (!isProven)
        {
            var attempt = await attempts.CountAsync(Sudo.FailuresOf(user));
            if (attempt.Wait is not null)
            {
                return RateLimitAnswer.For(attempt);
            }

            if (!await attempts.CheckAsync(
                attempt,
                async () => await totp.CheckAsync(user.Id, code, cancellationToken) is { } use && await use.SpendAsync(source, cancellationToken)))
            {
                return new FieldErrors("code", FieldCodes.InvalidCode);
            }

            await attempts.ForgiveAsync(attempt);
        }

        // 3. Off.
        await using var account = await accounts.LockAsync(user.Id, cancellationToken);
        if (account is null)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        await account.CommitAsync(
            batch =>
            {
                batch.Add("DELETE FROM totp_secrets WHERE user_id = $1", user.Id);
                batch.Add("DELETE FROM backup_codes WHERE user_id = $1", user.Id);
                batch.SetAuthenticators(user.Id, account.User.Authenticators & ~(AuthenticatorTypes.Totp | AuthenticatorTypes.Sms));
                batch.AddAudit(user.Id, AuditAction.FactorRemoved, ClientAddress.Of(http), "totp", clock.GetUtcNow());
            },
            FactorStatements.Fields);
        return TypedResults.NoContent();
    }
}

/// <summary>The end of an authenticator app, and the sudo fields. Unknown members are ignored.</summary>
public sealed record DisableTotpMfaRequest : SudoRequest
{
    /// <summary>What the app shows, or a backup code.</summary>
    public required string Code { get; init; }
}
