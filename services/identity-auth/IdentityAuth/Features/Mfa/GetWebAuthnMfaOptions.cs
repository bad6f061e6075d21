using IdentityAuth.Data;
using IdentityAuth.Domain.Passkeys;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Mfa;

/// <summary>What a browser needs to ask a security key for the second step of a sign-in (contract §3.8).</summary>
public static class GetWebAuthnMfaOptions
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/login/mfa/webauthn/authentication-options", HandleAsync)
        .WithName(nameof(GetWebAuthnMfaOptions))
        .WithSummary("Ask for a security key as the second step")
        .WithDescription("Options for `navigator.credentials.get()` with all keys of the account, and a challenge that is bound to the ticket.")
        .IsLocalSignIn()
        .Limited(Buckets.LoginMfa)
        .Takes<TicketRequest>()
        .Answers<PasskeyRequestOptions>(StatusCodes.Status200OK, "The options.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.NoPasskeysRegistered);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, MfaSignIn mfa, CredentialStore credentials, PasskeyFactor passkeys, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var request = TicketRequest.Read(body);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (await mfa.FindUserAsync(request.Ticket, cancellationToken) is not { } user)
        {
            return MfaSignIn.Timeout("ticket");
        }

        var keys = await credentials.ListAsync(user.Id, cancellationToken);
        return keys.Count == 0
            ? IdentityAuthProblems.NoPasskeysRegistered
            : TypedResults.Ok(await passkeys.RequestAsync(PasskeyContext.Mfa, keys, user.Id, request.Ticket));
    }
}
