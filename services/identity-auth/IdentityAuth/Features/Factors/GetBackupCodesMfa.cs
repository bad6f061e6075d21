using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Factors;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>Shows the backup codes again, or makes new ones (contract §8.4).</summary>
public static class GetBackupCodesMfa
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/mfa/backup-codes", HandleAsync)
        .WithName(nameof(GetBackupCodesMfa))
        .WithSummary("Show or renew the backup codes")
        .WithDescription("With `regenerate`, ten new codes take the place of all old ones; without, the codes as they are.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.BackupCodes)
        .Takes<GetBackupCodesMfaRequest>()
        .Answers<BackupCodesResponse>(StatusCodes.Status200OK, "The codes.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.TwoFactorRequired);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, Accounts accounts, TotpFactor totp, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (regenerate, fields) = (body.Bool("regenerate"), SudoFields.Read(body));
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

        if (!regenerate)
        {
            return user.Authenticators.HasFlag(AuthenticatorTypes.Totp)
                ? TypedResults.Ok(BackupCodesResponse.Of(await totp.ListCodesAsync(user.Id, cancellationToken)))
                : IdentityAuthProblems.TwoFactorRequired;
        }

        await using var account = await accounts.LockAsync(user.Id, cancellationToken);
        if (account is null)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (!account.User.Authenticators.HasFlag(AuthenticatorTypes.Totp))
        {
            return IdentityAuthProblems.TwoFactorRequired;
        }

        // Nothing that others see has changed: no event.
        var codes = BackupCode.Generate();
        await account.Work.CommitAsync(batch =>
        {
            totp.AddNewCodes(batch, user.Id, codes);
            batch.AddAudit(user.Id, AuditAction.FactorAdded, ClientAddress.Of(http), "backup_codes", clock.GetUtcNow());
        });
        return TypedResults.Ok(BackupCodesResponse.Of(codes.Select(code => (code, false))));
    }
}

/// <summary>Which backup codes, and the sudo fields. Unknown members are ignored.</summary>
public sealed record GetBackupCodesMfaRequest : SudoRequest
{
    /// <summary>Whether to make new ones.</summary>
    public required bool Regenerate { get; init; }
}
