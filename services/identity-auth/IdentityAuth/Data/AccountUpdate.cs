using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Data;

/// <summary>What of an account is to change.</summary>
internal sealed record AccountUpdateRequest
{
    public string? Username { get; init; }

    public int? Discriminator { get; init; }

    public bool SetsGlobalName { get; init; }

    public string? GlobalName { get; init; }

    public string? NewPassword { get; init; }

    /// <summary>PHC string of <see cref="NewPassword"/>.</summary>
    public string? PasswordHash { get; init; }

    public string? EmailToken { get; init; }

    public bool ChangesName => Username is not null || Discriminator is not null;

    /// <summary>Whether it wants sudo.</summary>
    public bool IsSensitive => ChangesName || NewPassword is not null || EmailToken is not null;

    public bool IsEmpty => !IsSensitive && !SetsGlobalName;

    /// <summary>Without what the account has already.</summary>
    public AccountUpdateRequest WithoutWhatIs(User user) => this with
    {
        Username = Username == user.Username ? null : Username,
        Discriminator = Discriminator == user.Discriminator ? null : Discriminator,
        SetsGlobalName = SetsGlobalName && GlobalName != user.GlobalName,
    };

    public override string ToString() => "(account update)";
}

/// <summary>Changes an account in one transaction.</summary>
internal sealed class AccountUpdate(
    NpgsqlDataSource source, Registrations registrations, PasswordChanges passwordChanges, Revocations revocations, MailedTokens tokens, Deliveries deliveries,
    ChangeBroadcast changes, TimeProvider clock)
{
    private const int Attempts = 5;

    /// <summary>Changes an account.</summary>
    /// <param name="user">As it was when its owner was checked; its stamp counts.</param>
    /// <returns>The refusal, if there is one.</returns>
    public async Task<IResult?> ApplyAsync(User user, AccountUpdateRequest change, string ip, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            try
            {
                return await TryAsync(user, change, ip, attempt, cancellationToken);
            }
            catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_email" })
            {
                return new FieldErrors("email_token", FieldCodes.EmailAlreadyInUse);
            }
            catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_tag" })
            {
                if (change.Discriminator is not null)
                {
                    return new FieldErrors("discriminator", FieldCodes.DiscriminatorTaken);
                }

                // The tag that the account has is taken under the new name: another one.
            }
        }

        return new FieldErrors("username", FieldCodes.TooManyUsersWithThisUsername);
    }

    private async Task<IResult?> TryAsync(User user, AccountUpdateRequest change, string ip, int attempt, CancellationToken cancellationToken)
    {
        var changed = new List<string>();
        int? tag = change.Discriminator;
        if (change.Username is { } name && tag is null && attempt > 0 && (tag = await registrations.FindTagAsync(name, cancellationToken)) is null)
        {
            return new FieldErrors("username", FieldCodes.TooManyUsersWithThisUsername);
        }

        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);

        // 1. The token of the new address: used by the statement that finds it.
        string? newEmail = null;
        if (change.EmailToken is { } emailToken)
        {
            var found = await work.QueryAsync(
                "DELETE FROM email_tokens WHERE token_hash = $1 AND user_id = $2 RETURNING email, expires_at",
                [OneTimeToken.Hash(emailToken), user.Id],
                reader => (Email: reader.GetString(0), ExpiresAt: reader.Time(1)),
                cancellationToken);
            if (found is not [var (email, expiresAt)])
            {
                return new FieldErrors("email_token", FieldCodes.InvalidEmailToken);
            }

            if (expiresAt <= clock.GetUtcNow())
            {
                return new FieldErrors("email_token", FieldCodes.EmailTokenExpired);
            }

            newEmail = email;
            changed.AddRange(["email", "verified"]);
        }

        // 2. Name and address. The stamp: whoever has set a new password since has ended this session.
        if (change.ChangesName || change.SetsGlobalName || newEmail is not null)
        {
            var written = await work.ExecuteAsync(
                """
                UPDATE users SET
                    username = COALESCE($3, username), discriminator = COALESCE($4, discriminator),
                    global_name = CASE WHEN $5 THEN $6 ELSE global_name END,
                    email = COALESCE($7, email), email_verified = email_verified OR $7 IS NOT NULL, email_bounced = email_bounced AND $7 IS NULL,
                    suspicious_activity = CASE WHEN $7 IS NULL THEN suspicious_activity ELSE suspicious_activity & ~$8 END
                WHERE id = $1 AND security_stamp = $2
                """,
                [
                    user.Id, user.SecurityStamp, Sql.Text(change.Username), Sql.Number(tag), change.SetsGlobalName, Sql.Text(change.GlobalName), Sql.Text(newEmail),
                    SuspiciousActivity.SettledByEmail,
                ],
                cancellationToken);
            if (written == 0)
            {
                return IdentityAuthProblems.Unauthorized;
            }
        }

        changed.AddRange(change.Username is null ? [] : ["username"]);
        changed.AddRange(tag is null ? [] : ["discriminator"]);
        changed.AddRange(change.SetsGlobalName ? ["global_name"] : []);

        // 3. The password. An account that is claimed by it keeps its session.
        IReadOnlyList<byte[]> ended = [];
        if (change.PasswordHash is { } hash)
        {
            changed.Add("password_last_changed_at");
            if (user.IsUnclaimed)
            {
                await work.ExecuteAsync(
                    "UPDATE users SET password_hash = $2, password_changed_at = $3 WHERE id = $1 AND password_hash IS NULL", [user.Id, hash, clock.GetUtcNow()], cancellationToken);
            }
            else if (await passwordChanges.ApplyAsync(work, user, hash, cancellationToken) is { } all)
            {
                ended = all;
            }
            else
            {
                return IdentityAuthProblems.Unauthorized;
            }
        }

        await work.CommitAsync(batch => AddTraces(batch, user, change, newEmail, ended, changed, ip));
        await changes.SessionsEndedAsync(ended);
        await changes.UserChangedAsync(user.Id);
        deliveries.Wake();
        return null;
    }

    private void AddTraces(
        NpgsqlBatch batch, User user, AccountUpdateRequest change, string? newEmail, IReadOnlyList<byte[]> ended, IReadOnlyList<string> changed, string ip)
    {
        if (newEmail is not null)
        {
            batch.Add(
                "DELETE FROM mailed_tokens WHERE user_id = $1 AND kind IN ($2, $3)", user.Id, MailedTokenKind.Reset.Name, MailedTokenKind.Verification.Name);
            batch.AddAudit(user.Id, AuditAction.EmailChanged, ip, null, clock.GetUtcNow());
            if (user.Email is { } old && !EmailAddress.AreSame(old, newEmail))
            {
                deliveries.Add(
                    batch,
                    Deliveries.Email,
                    new DeliveryContent
                    {
                        Kind = DeliveryKind.EmailChangeRevert,
                        To = old,
                        Locale = user.Locale,
                        NewEmail = newEmail,
                        Token = tokens.Add(batch, MailedTokenKind.Revert, user.Id, old),
                    },
                    MailedTokenKind.Revert.Lifetime);
            }
        }

        if (change.PasswordHash is not null)
        {
            passwordChanges.AddTraces(batch, user, ended, ip);
        }

        revocations.AddUserUpdated(batch, user.Id, changed);
    }
}
