using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Http;
using IdentityAuth.Passwords;
using Npgsql;

namespace IdentityAuth.Features.Auth;

/// <summary>
/// Takes a change of address back with the token that was mailed to the old one (contract §5.3): the account is again what it was before
/// somebody else could have added anything to it.
/// </summary>
public static class RevertEmailChange
{
    private const string Revert = """
        UPDATE users SET
            email = $2, email_verified = true, email_bounced = false, phone = NULL, authenticators = 0, suspicious_activity = suspicious_activity & ~$5,
            password_hash = $3, password_changed_at = $4, security_stamp = security_stamp + 1,
            flags = flags & ~6, deletion_at = NULL, banned_until = CASE WHEN banned_until <= $4 THEN NULL ELSE banned_until END
        WHERE id = $1 AND flags & 9 = 0
        RETURNING id
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/email-revert", HandleAsync)
        .WithName(nameof(RevertEmailChange))
        .WithSummary("Take a change of the e-mail address back")
        .WithDescription("With the token that was mailed to the old address, and a new password. Removes what somebody else could have added: sessions, second "
            + "factors, phone number, known addresses.")
        .IsLocalSignIn()
        .Limited(Buckets.EmailRevert)
        .Takes<RevertEmailChangeRequest>()
        .Answers<TokenResponse>(StatusCodes.Status200OK, "The account has its old address and one session.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.AccountSuspendedPermanently, IdentityAuthProblems.AccountSuspendedTemporarily);

    internal static async Task<IResult> HandleAsync(
        HttpContext http,
        MailedTokens tokens,
        PasswordPolicy policy,
        PasswordHasher passwords,
        NpgsqlDataSource source,
        ISecondFactors factors,
        SignIns signIns,
        Revocations revocations,
        ChangeBroadcast changes,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var token = body.Text("token", OneTimeToken.Length, OneTimeToken.Length);
        var password = body.Password("password");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        // 1. The token, without using it: a password that is refused leaves it good.
        if (await tokens.FindAsync(token, MailedTokenKind.Revert, cancellationToken) is not { User: var user })
        {
            return InvalidToken();
        }

        if (AccountGate.RefusalOf(user, clock.GetUtcNow()) is { } refusal)
        {
            return refusal;
        }

        // 2. The password.
        if (await policy.IsTooCommonAsync(password, cancellationToken))
        {
            return new FieldErrors("password", FieldCodes.PasswordIsTooCommon);
        }

        if (await passwords.HashAsync(password, cancellationToken) is not { } hash)
        {
            return RateLimitAnswer.For(PasswordHasher.BusyWait);
        }

        // 3. Everything at once.
        var now = clock.GetUtcNow();
        var client = ClientAddress.ClientOf(http);
        IssuedSession session = null!;
        List<byte[]> ended;
        try
        {
            await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
            if (await work.QueryAsync(MailedTokens.Use, [OneTimeToken.Hash(token), MailedTokenKind.Revert.Name, now], reader => reader.GetString(1), cancellationToken) is not [var email]
                || await work.ExecuteAsync(Revert, [user.Id, email, hash, now, SuspiciousActivity.SettledByEmail], cancellationToken) == 0)
            {
                return InvalidToken();
            }

            ended = await work.QueryAsync(Revocations.DeleteAll, [user.Id], reader => reader.GetFieldValue<byte[]>(0), cancellationToken);
            await work.CommitAsync(batch =>
            {
                factors.AddRemoval(batch, user.Id);
                batch.Add("DELETE FROM authorized_ips WHERE user_id = $1", user.Id);
                batch.Add("DELETE FROM mailed_tokens WHERE user_id = $1", user.Id);
                batch.Add("DELETE FROM account_changes WHERE user_id = $1", user.Id);
                batch.Add("DELETE FROM email_tokens WHERE user_id = $1", user.Id);
                batch.Add("INSERT INTO authorized_ips (user_id, ip, created_at) VALUES ($1, $2, $3)", user.Id, client.Address, now);
                batch.AddAudit(user.Id, AuditAction.EmailReverted, client.Address, null, now);
                batch.AddRemovalAudit(user, client.Address, RevocationReason.EmailReverted, now);
                revocations.AddUserUpdated(batch, user.Id, "email", "verified", "phone", "mfa_enabled", "authenticator_types", "password_last_changed_at");
                if (ended.Count > 0)
                {
                    revocations.AddEvents(batch, user.Id, ended, RevocationReason.EmailReverted, client.Address);
                }

                session = signIns.Add(batch, user.Id, SignInMethod.Revert, client, now);
            });
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_email" })
        {
            // Another account has the old address by now.
            return InvalidToken();
        }

        await changes.SessionsEndedAsync(ended);
        await changes.UserChangedAsync(user.Id);
        return TypedResults.Ok(new TokenResponse(session.Token, Snowflake.Text(user.Id)));
    }

    private static FieldErrors InvalidToken() => new("token", FieldCodes.InvalidRevertToken);
}

/// <summary>The mailed token and a new password.</summary>
public sealed record RevertEmailChangeRequest
{
    /// <summary>64 characters.</summary>
    public required string Token { get; init; }

    /// <summary>A new one, 8–256 characters, none of the most common.</summary>
    public required string Password { get; init; }
}
