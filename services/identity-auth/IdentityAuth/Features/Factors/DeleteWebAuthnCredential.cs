using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>Removes a security key (contract §8.6). With the last one, keys are a second factor no longer.</summary>
public static class DeleteWebAuthnCredential
{
    public static void Map(RouteGroupBuilder group) => group.MapDelete("/mfa/webauthn/credentials/{credentialId}", HandleAsync)
        .WithName(nameof(DeleteWebAuthnCredential))
        .WithSummary("Remove a security key")
        .WithDescription("It signs nobody in any more.")
        .HasParameter("credentialId", "The key's id, base64url.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.CredentialDelete)
        .Takes<SudoRequest>()
        .Answers(StatusCodes.Status204NoContent, "The key is removed.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.UnknownWebAuthnCredential);

    internal static async Task<IResult> HandleAsync(
        string credentialId, HttpContext http, UserStore users, Sudo sudo, Accounts accounts, TimeProvider clock, CancellationToken cancellationToken)
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

        if (CredentialId.TryRead(credentialId) is not { } id
            || await account.Work.ExecuteAsync("DELETE FROM webauthn_credentials WHERE id = $1 AND user_id = $2", [id, user.Id], cancellationToken) == 0)
        {
            return IdentityAuthProblems.UnknownWebAuthnCredential;
        }

        var rest = await account.Work.QueryAsync(
            "SELECT count(*) FROM webauthn_credentials WHERE user_id = $1", [user.Id], reader => reader.GetInt64(0), cancellationToken);
        await account.CommitAsync(
            batch =>
            {
                if (rest[0] == 0)
                {
                    batch.SetAuthenticators(user.Id, account.User.Authenticators & ~AuthenticatorTypes.WebAuthn);
                }

                batch.AddAudit(user.Id, AuditAction.FactorRemoved, ClientAddress.Of(http), "webauthn", clock.GetUtcNow());
            },
            FactorStatements.Fields);
        return TypedResults.NoContent();
    }
}
