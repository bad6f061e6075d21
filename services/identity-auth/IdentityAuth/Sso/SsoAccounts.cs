using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Sso;

/// <summary>From whom the provider vouches for to an account and its session (contract §7.3, linking and provisioning).</summary>
internal sealed class SsoAccounts(
    NpgsqlDataSource source, UserStore users, SignIns signIns, Registrations registrations, Revocations revocations, ISecondFactors factors,
    SignInFailures failures, ChangeBroadcast changes, IdentityAuthOptions options, TimeProvider clock)
{
    private const string Link = "INSERT INTO sso_links (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)";

    /// <summary>Whoever loses a race finds what the winner has made.</summary>
    private const int Attempts = 3;

    /// <summary>Signs in.</summary>
    /// <param name="email">The identity's address, checked.</param>
    public async Task<(IssuedSession? Session, IResult? Refusal)> SignInAsync(
        SsoIdentity identity, string email, ClientDevice client, string locale, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // 1. Somebody who was here before, whatever his address is now.
            if (await FindLinkedAsync(identity, cancellationToken) is { } linked)
            {
                if (AccountGate.RefusalOf(linked, clock.GetUtcNow()) is { } refusal)
                {
                    return await RefuseAsync(refusal, "suspended", email, linked.Id, client, cancellationToken);
                }

                if (await signIns.CreateAsync(linked, SignInMethod.Sso, client, cancellationToken) is { } session)
                {
                    return (session, null);
                }

                continue;
            }

            // 2. Somebody whose address the provider has verified.
            if (await users.FindByEmailAsync(email, cancellationToken) is { } known)
            {
                if (!identity.EmailVerified)
                {
                    // Whose account it is, he has not proven.
                    return await RefuseAsync(IdentityAuthProblems.EmailVerificationRequired, "unverified", email, null, client, cancellationToken);
                }

                if (AccountGate.RefusalOf(known, clock.GetUtcNow()) is { } refusal)
                {
                    return await RefuseAsync(refusal, "suspended", email, known.Id, client, cancellationToken);
                }

                if (await LinkAsync(known, identity, client, cancellationToken) is { } session)
                {
                    return (session, null);
                }

                continue;
            }

            // 3. Somebody new.
            if (!options.Sso.AutoProvision)
            {
                return await RefuseAsync(IdentityAuthProblems.SsoRequired, "unknown", email, null, client, cancellationToken);
            }

            if (await ProvisionAsync(identity, email, client, locale, cancellationToken) is { } made)
            {
                return (made, null);
            }
        }

        return (null, IdentityAuthProblems.ServiceUnavailable);
    }

    private async Task<(IssuedSession? Session, IResult? Refusal)> RefuseAsync(
        Problem problem, string reason, string email, long? userId, ClientDevice client, CancellationToken cancellationToken)
    {
        await failures.RecordAsync(email, userId, client.Address, reason, cancellationToken);
        return (null, problem);
    }

    private async Task<User?> FindLinkedAsync(SsoIdentity identity, CancellationToken cancellationToken)
    {
        await using var command = source.Command(
            $"SELECT {UserStore.Columns} FROM sso_links l JOIN users u ON u.id = l.user_id WHERE l.issuer = $1 AND l.subject = $2",
            identity.Issuer, identity.Subject);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? UserStore.Read(reader) : null;
    }

    private async Task<IssuedSession?> LinkAsync(User user, SsoIdentity identity, ClientDevice client, CancellationToken cancellationToken)
    {
        try
        {
            return user.EmailVerified
                ? await signIns.CreateAsync(
                    user, SignInMethod.Sso, client, cancellationToken,
                    also: batch => batch.Add(Link, identity.Issuer, identity.Subject, user.Id, clock.GetUtcNow()))
                : await TakeOverAsync(user, identity, client, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // The same person, twice at once.
            return null;
        }
    }

    // Nobody has proven yet that the address of this account is his; whoever registered it may not be whom the provider vouches for, and
    // must not keep a way in: the account goes to the owner of the address without password, factors, phone and sessions.
    private async Task<IssuedSession?> TakeOverAsync(User user, SsoIdentity identity, ClientDevice client, CancellationToken cancellationToken)
    {
        const string Take =
            """
            UPDATE users SET email_verified = true, password_hash = NULL, password_changed_at = NULL, phone = NULL, authenticators = 0,
                security_stamp = security_stamp + 1, last_active_at = $3, last_active_ip = $4,
                flags = flags & ~(CASE WHEN flags & 8 = 0 THEN 6 ELSE 4 END), deletion_at = NULL,
                suspicious_activity = suspicious_activity & ~$5
            WHERE id = $1 AND security_stamp = $2 AND NOT email_verified AND flags & 1 = 0
            """;
        var now = clock.GetUtcNow();
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        if (await work.ExecuteAsync(
            Take, [user.Id, user.SecurityStamp, now, client.Address, SuspiciousActivity.SettledByEmail], cancellationToken) == 0)
        {
            return null;
        }

        var ended = await work.QueryAsync(
            Revocations.DeleteAll, [user.Id], reader => reader.GetFieldValue<byte[]>(0), cancellationToken);
        IssuedSession? session = null;
        await work.CommitAsync(batch =>
        {
            factors.AddRemoval(batch, user.Id);
            batch.Add("DELETE FROM authorized_ips WHERE user_id = $1", user.Id);
            batch.Add("DELETE FROM mailed_tokens WHERE user_id = $1", user.Id);
            batch.Add("DELETE FROM account_changes WHERE user_id = $1", user.Id);
            batch.Add("DELETE FROM email_tokens WHERE user_id = $1", user.Id);
            batch.Add(Link, identity.Issuer, identity.Subject, user.Id, now);
            if (ended.Count > 0)
            {
                revocations.AddEvents(batch, user.Id, ended, RevocationReason.SsoTakenOver, client.Address);
            }

            batch.AddRemovalAudit(user, client.Address, RevocationReason.SsoTakenOver, now);
            revocations.AddUserUpdated(batch, user.Id, "verified", "phone", "mfa_enabled", "authenticator_types", "password_last_changed_at");
            session = signIns.Add(batch, user.Id, SignInMethod.Sso, client, now);
        });
        await changes.UserChangedAsync(user.Id);
        await changes.SessionsEndedAsync(ended);
        return session;
    }

    private async Task<IssuedSession?> ProvisionAsync(
        SsoIdentity identity, string email, ClientDevice client, string locale, CancellationToken cancellationToken)
    {
        // §7.3: the name that the provider gives, or the local part of the address.
        var name = RequestText.Cut(Names.CleanGlobalName(RequestText.Normalize(identity.Name ?? email[..email.LastIndexOf('@')])), Names.MaximumLength).TrimEnd();
        try
        {
            var registration = await registrations.CreateAsync(
                new NewUser
                {
                    GlobalName = Names.CheckGlobalName(name) == NameFault.None ? name : null,
                    Email = email,
                    EmailVerified = identity.EmailVerified,
                    Locale = locale,
                    Traits = ["sso"],
                },
                SignInMethod.Sso,
                client,
                cancellationToken,
                (batch, userId) => batch.Add(Link, identity.Issuer, identity.Subject, userId, clock.GetUtcNow()));
            return registration is Registration.Done { Session: var session } ? session : null;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // The same person, twice at once.
            return null;
        }
    }
}
