using System.Buffers.Text;
using System.Text;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Passkeys;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>What a browser needs to make a credential for the caller (contract §8.6).</summary>
public static class GetWebAuthnRegistrationOptions
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/mfa/webauthn/credentials/registration-options", HandleAsync)
        .WithName(nameof(GetWebAuthnRegistrationOptions))
        .WithSummary("Ask for a new security key")
        .WithDescription("Options for `navigator.credentials.create()`: a passkey that verifies its user. Gives no sudo token.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.CredentialOptions)
        .Takes<SudoRequest>()
        .Answers<PasskeyCreationOptions>(StatusCodes.Status200OK, "The options.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.WebAuthnCredentialLimitReached);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, CredentialStore credentials, Challenges challenges, RelyingParty party, CancellationToken cancellationToken)
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

        if (await sudo.CheckAsync(http, user, fields, cancellationToken, issuesToken: false) is { } refusal)
        {
            return refusal;
        }

        var keys = await credentials.ListAsync(user.Id, cancellationToken);
        if (keys.Count >= CredentialStore.Maximum)
        {
            return IdentityAuthProblems.WebAuthnCredentialLimitReached;
        }

        return TypedResults.Ok(new PasskeyCreationOptions
        {
            Challenge = await challenges.IssueAsync(PasskeyContext.Registration, user.Id),
            Rp = new PasskeyRelyingParty(party.Name, party.Id),
            User = new PasskeyUser(
                Base64Url.EncodeToString(Encoding.ASCII.GetBytes(Snowflake.Text(user.Id))),
                user.Email ?? $"{user.Username}#{user.Tag}",
                user.GlobalName ?? user.Username),
            ExcludeCredentials = [.. keys.Select(CredentialDescriptor.Of)],
        });
    }
}
