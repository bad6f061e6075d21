using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using IdentityAuth.Passwords;
using Npgsql;

namespace IdentityAuth.Features.Auth;

/// <summary>
/// Sets a new password with the mailed token (contract §5.2). Every session ends, and so does whatever else was under way; second factors
/// stay on.
/// </summary>
public static class ResetPassword
{
    // Whoever is signed in by this has a switched-off account back, as with any sign-in; with second factors that is a step later.
    private const string Change = $"""
        UPDATE users u SET
            password_hash = $3, password_changed_at = $4, security_stamp = security_stamp + 1,
            flags = CASE WHEN authenticators = 0 THEN flags & ~6 ELSE flags END,
            deletion_at = CASE WHEN authenticators = 0 THEN NULL ELSE deletion_at END,
            banned_until = CASE WHEN banned_until <= $4 THEN NULL ELSE banned_until END
        WHERE id = $1 AND lower(email) = lower($2) AND flags & 9 = 0
        RETURNING {UserStore.Columns}
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/reset", HandleAsync)
        .WithName(nameof(ResetPassword))
        .WithSummary("Set a new password")
        .WithDescription("With the token that was mailed. Ends every session of the account. Answers like a sign-in: with a session, or, when the account has "
            + "second factors, with a ticket for the next step.")
        .IsLocalSignIn()
        .Limited(Buckets.Reset)
        .Takes<ResetPasswordRequest>()
        .Answers<TokenResponse>(StatusCodes.Status200OK, "A session; or MfaRequiredResponse, which has `mfa` and no `token`.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.AccountSuspendedTemporarily);

    internal static async Task<IResult> HandleAsync(
        HttpContext http,
        MailedTokens tokens,
        PasswordPolicy policy,
        PasswordHasher passwords,
        NpgsqlDataSource source,
        SignIns signIns,
        Revocations revocations,
        MfaTickets tickets,
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
        if (await tokens.FindAsync(token, MailedTokenKind.Reset, cancellationToken) is not { User: { IsDeleted: false, IsBot: false } user } found
            || !EmailAddress.AreSame(user.Email, found.Email))
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

        // 3. The use of the token decides who changes the password; the new stamp, before the sessions are looked for, lets no sign-in
        // slip through that has compared the old one.
        var now = clock.GetUtcNow();
        var client = ClientAddress.ClientOf(http);
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        if (await work.QueryAsync(MailedTokens.Use, [OneTimeToken.Hash(token), MailedTokenKind.Reset.Name, now], reader => reader.GetString(1), cancellationToken) is not [var email]
            || await work.QueryAsync(Change, [user.Id, email, hash, now], reader => UserStore.Read(reader), cancellationToken) is not [var changed])
        {
            return InvalidToken();
        }

        // From here on the account is what this transaction holds: a factor that was enrolled, or a ban that was set, while the password was
        // hashed counts. A refusal leaves the token good.
        if (AccountGate.RefusalOf(changed, now) is { } late)
        {
            return late;
        }

        var ended = await work.QueryAsync(Revocations.DeleteAll, [user.Id], reader => reader.GetFieldValue<byte[]>(0), cancellationToken);
        IssuedSession? session = null;
        await work.CommitAsync(batch =>
        {
            batch.Add("DELETE FROM mailed_tokens WHERE user_id = $1 AND kind = $2", user.Id, MailedTokenKind.Reset.Name);
            batch.Add("DELETE FROM account_changes WHERE user_id = $1", user.Id);
            batch.Add("DELETE FROM email_tokens WHERE user_id = $1", user.Id);
            batch.AddAudit(user.Id, AuditAction.PasswordChanged, client.Address, RevocationReason.PasswordReset, now);
            revocations.AddUserUpdated(batch, user.Id, "password_last_changed_at");
            if (ended.Count > 0)
            {
                revocations.AddEvents(batch, user.Id, ended, RevocationReason.PasswordReset, client.Address);
            }

            if (!changed.HasMfa)
            {
                batch.Add("INSERT INTO authorized_ips (user_id, ip, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", user.Id, client.Address, now);
                session = signIns.Add(batch, user.Id, SignInMethod.Reset, client, now);
            }
        });
        await changes.SessionsEndedAsync(ended);
        await changes.UserChangedAsync(user.Id);

        // 4. The mailbox is proven; a second factor is not.
        return session is not null
            ? TypedResults.Ok(new TokenResponse(session.Token, Snowflake.Text(user.Id)))
            : TypedResults.Ok(MfaRequiredResponse.For(changed, await tickets.IssueAsync(changed, null)));
    }

    private static FieldErrors InvalidToken() => new("token", FieldCodes.InvalidResetToken);
}

/// <summary>The mailed token and the new password.</summary>
public sealed record ResetPasswordRequest
{
    /// <summary>64 characters.</summary>
    public required string Token { get; init; }

    /// <summary>8–256 characters, none of the most common.</summary>
    public required string Password { get; init; }
}
