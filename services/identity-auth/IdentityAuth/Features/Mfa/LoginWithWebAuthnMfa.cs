using System.Text.Json;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Passkeys;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Mfa;

/// <summary>
/// The second step of a sign-in with a security key (contract §3.8; WebAuthn Level 3 §7.2). A failure burns the challenge and keeps the
/// ticket.
/// </summary>
public static class LoginWithWebAuthnMfa
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/login/mfa/webauthn", HandleAsync)
        .WithName(nameof(LoginWithWebAuthnMfa))
        .WithSummary("Sign in with a security key as the second step")
        .WithDescription("What `navigator.credentials.get()` gave, with the challenge that it answers. Every failure burns the challenge. "
            + "Field code: `SESSION_TIMEOUT` on `ticket`.")
        .IsLocalSignIn()
        .Limited(Buckets.LoginMfa)
        .Takes<LoginWithWebAuthnMfaRequest>()
        .Answers<TokenResponse>(StatusCodes.Status200OK, "Signed in.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.PasskeyAuthenticationFailed,
            IdentityAuthProblems.AccountSuspendedPermanently, IdentityAuthProblems.AccountSuspendedTemporarily);

    internal static async Task<IResult> HandleAsync(HttpContext http, MfaSignIn mfa, PasskeyFactor passkeys, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (response, challenge, ticket) = (body.Object("response"), body.Text("challenge"), body.Text("ticket"));
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        return await mfa.ByProofAsync(
            http,
            ticket,
            async user => (await passkeys.CheckAsync(
                response, challenge, PasskeyContext.Mfa, SignInMethod.WebAuthn, cancellationToken, user.Id, ticket))?.Use,
            IdentityAuthProblems.PasskeyAuthenticationFailed,
            cancellationToken);
    }
}

/// <summary>A security key as the second step of a sign-in. Unknown members are ignored.</summary>
public sealed record LoginWithWebAuthnMfaRequest
{
    /// <summary>The assertion: <c>AuthenticationResponseJSON</c> of the browser's API.</summary>
    public required JsonElement Response { get; init; }

    /// <summary>The challenge from the options.</summary>
    public required string Challenge { get; init; }

    /// <summary>From the first step.</summary>
    public required string Ticket { get; init; }
}
