using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Factors;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>
/// Adds an authenticator app (contract §8.4). The client makes the secret and shows its QR code; the code proves that the app has it, and
/// is spent by that.
/// </summary>
public static class EnableTotpMfa
{
    /// <summary>No step was accepted before.</summary>
    private const long NoStep = -1;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/mfa/totp/enable", HandleAsync)
        .WithName(nameof(EnableTotpMfa))
        .WithSummary("Add an authenticator app")
        .WithDescription("With a secret of the client's own, at least 128 bits in base32, and the code that the app shows. Answers the ten backup codes. "
            + "Field codes: `INVALID_CODE` on `code`, `INVALID_FORMAT` on `secret`.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.TotpEnable)
        .Takes<EnableTotpMfaRequest>()
        .Answers<BackupCodesResponse>(StatusCodes.Status200OK, "The app is added. These are the backup codes.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.TwoFaNotEnabled);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, Accounts accounts, TotpFactor totp, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (secretText, code, fields) = (body.Text("secret"), body.Text("code", 1, 32), SudoFields.Read(body));
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

        if (user.Authenticators.HasFlag(AuthenticatorTypes.Totp))
        {
            return IdentityAuthProblems.TwoFaNotEnabled;
        }

        if (Base32.Decode(secretText) is not { } secret)
        {
            return new FieldErrors("code", FieldCodes.InvalidCode);
        }

        if (secret.Length < Totp.MinimumSecretBytes)
        {
            return new FieldErrors("secret", FieldCodes.InvalidFormat);
        }

        if (Totp.Match(secret, code, clock.GetUtcNow(), NoStep) is not { } step)
        {
            return new FieldErrors("code", FieldCodes.InvalidCode);
        }

        await using var account = await accounts.LockAsync(user.Id, cancellationToken);
        if (account is null)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (account.User.Authenticators.HasFlag(AuthenticatorTypes.Totp))
        {
            return IdentityAuthProblems.TwoFaNotEnabled;
        }

        var codes = BackupCode.Generate();
        var now = clock.GetUtcNow();
        await account.CommitAsync(
            batch =>
            {
                batch.Add(
                    "INSERT INTO totp_secrets (user_id, secret, last_step, created_at) VALUES ($1, $2, $3, $4)",
                    user.Id, totp.Seal(user.Id, secret), step, now);
                totp.AddNewCodes(batch, user.Id, codes);
                batch.SetAuthenticators(user.Id, account.User.Authenticators | AuthenticatorTypes.Totp);
                batch.AddAudit(user.Id, AuditAction.FactorAdded, ClientAddress.Of(http), "totp", now);
            },
            FactorStatements.Fields);
        return TypedResults.Ok(BackupCodesResponse.Of(codes.Select(backupCode => (backupCode, false))));
    }
}

/// <summary>A new authenticator app, and the sudo fields. Unknown members are ignored.</summary>
public sealed record EnableTotpMfaRequest : SudoRequest
{
    /// <summary>Base32; spaces, hyphens, case and padding do not matter.</summary>
    public required string Secret { get; init; }

    /// <summary>What the app shows.</summary>
    public required string Code { get; init; }
}

/// <summary>Backup codes.</summary>
/// <param name="BackupCodes">Ten, each good for one sign-in.</param>
public sealed record BackupCodesResponse(IReadOnlyList<BackupCodeResponse> BackupCodes)
{
    internal static BackupCodesResponse Of(IEnumerable<(string Code, bool Consumed)> codes)
        => new([.. codes.Select(code => new BackupCodeResponse(code.Code, code.Consumed))]);

    public override string ToString() => "(backup codes)";
}

/// <param name="Code"><c>xxxx-xxxx</c>.</param>
/// <param name="Consumed">Whether it was used.</param>
public sealed record BackupCodeResponse(string Code, bool Consumed)
{
    public override string ToString() => "(backup code)";
}
