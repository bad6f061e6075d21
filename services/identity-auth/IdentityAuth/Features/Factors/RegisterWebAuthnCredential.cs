using System.Text.Json;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Passkeys;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>Adds a security key or passkey (contract §8.6; WebAuthn Level 3 §7.1). With the first one, it is a second factor from then on.</summary>
public static class RegisterWebAuthnCredential
{
    private const int MaximumChallengeLength = 1024;
    private const int MaximumNameLength = 100;

    // A credential that any account knows is refused (§7.1 step 26); so is one too many, also when two come at once.
    private const string Insert =
        """
        INSERT INTO webauthn_credentials (id, user_id, name, public_key, sign_count, backup_eligible, transports, created_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8
        ON CONFLICT (id) DO NOTHING
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/mfa/webauthn/credentials", HandleAsync)
        .WithName(nameof(RegisterWebAuthnCredential))
        .WithSummary("Add a security key")
        .WithDescription("What `navigator.credentials.create()` gave, with the challenge that it answers. Ten keys at most. Every failure burns the "
            + "challenge. Gives no sudo token.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.CredentialRegister)
        .Takes<RegisterWebAuthnCredentialRequest>()
        .Answers(StatusCodes.Status204NoContent, "The key is added.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.InvalidWebAuthnCredential, IdentityAuthProblems.WebAuthnCredentialLimitReached);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, Challenges challenges, PasskeyCeremony ceremony, Accounts accounts, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (response, challenge, name, fields) = (
            body.Object("response"), body.Text("challenge", 1, MaximumChallengeLength), body.Text("name", 1, MaximumNameLength), SudoFields.Read(body));
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

        if (!await challenges.TakeAsync(challenge, PasskeyContext.Registration, user.Id)
            || AttestationResponse.TryRead(response!.Value) is not { } attestation
            || ceremony.Register(attestation, challenge) is not { } credential)
        {
            return IdentityAuthProblems.InvalidWebAuthnCredential;
        }

        await using var account = await accounts.LockAsync(user.Id, cancellationToken);
        if (account is null)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        var count = await account.Work.QueryAsync(
            "SELECT count(*) FROM webauthn_credentials WHERE user_id = $1", [user.Id], reader => reader.GetInt64(0), cancellationToken);
        if (count[0] >= CredentialStore.Maximum)
        {
            return IdentityAuthProblems.WebAuthnCredentialLimitReached;
        }

        var now = clock.GetUtcNow();
        object[] values =
            [credential.Id, user.Id, name, credential.PublicKey, (long)credential.SignCount, credential.BackupEligible, Sql.Texts(attestation.Transports), now];
        if (await account.Work.ExecuteAsync(Insert, values, cancellationToken) == 0)
        {
            return IdentityAuthProblems.InvalidWebAuthnCredential;
        }

        await account.CommitAsync(
            batch =>
            {
                batch.SetAuthenticators(user.Id, account.User.Authenticators | AuthenticatorTypes.WebAuthn);
                batch.AddAudit(user.Id, AuditAction.FactorAdded, ClientAddress.Of(http), "webauthn", now);
            },
            FactorStatements.Fields);
        return TypedResults.NoContent();
    }
}

/// <summary>A new security key, and the sudo fields. Unknown members are ignored.</summary>
public sealed record RegisterWebAuthnCredentialRequest : SudoRequest
{
    /// <summary>The attestation: <c>RegistrationResponseJSON</c> of the browser's API.</summary>
    public required JsonElement Response { get; init; }

    /// <summary>The challenge from the options.</summary>
    public required string Challenge { get; init; }

    /// <summary>What the owner calls it: 1–100 characters.</summary>
    public required string Name { get; init; }
}
