using System.Text.Json;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Passkeys;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Passkeys;

/// <summary>
/// Signs in with a passkey alone (contract §7.5; WebAuthn Level 3 §7.2). A passkey that has verified its user is two factors by itself: no
/// further step and no check of the address follow.
/// </summary>
public static class AuthenticateWithWebAuthn
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/webauthn/authenticate", HandleAsync)
        .WithName(nameof(AuthenticateWithWebAuthn))
        .WithSummary("Sign in with a passkey")
        .WithDescription("What `navigator.credentials.get()` gave, with the challenge that it answers. Every failure looks the same and burns the challenge.")
        .IsLocalSignIn()
        .Limited(Buckets.WebAuthn)
        .Takes<AuthenticateWithWebAuthnRequest>()
        .Answers<TokenResponse>(StatusCodes.Status200OK, "Signed in.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.PasskeyAuthenticationFailed, IdentityAuthProblems.BotAccessDenied,
            IdentityAuthProblems.AccountSuspendedPermanently, IdentityAuthProblems.AccountSuspendedTemporarily);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, PasskeyFactor passkeys, UserStore users, SignIns signIns, SignInFailures failures, IdentityAuthMetrics metrics, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (response, challenge) = (body.Object("response"), body.Text("challenge"));
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        var client = ClientAddress.ClientOf(http);
        var proof = await passkeys.CheckAsync(response, challenge, PasskeyContext.Discoverable, SignInMethod.Passkey, cancellationToken);
        if (proof is not ({ } userId, { } use) || await users.FindAsync(userId, cancellationToken) is not { } user)
        {
            // Whose attempt it was, nobody has proven: it stands under what was tried, as the attempt at an unknown address does.
            metrics.SignIn(SignInMethod.Passkey, "credentials");
            await failures.RecordAsync(TriedBy(response), null, client.Address, "credentials", cancellationToken);
            return IdentityAuthProblems.PasskeyAuthenticationFailed;
        }

        if (AccountGate.RefusalOf(user, clock.GetUtcNow()) is { } problem)
        {
            metrics.SignIn(SignInMethod.Passkey, "suspended");
            await failures.RecordAsync(user, client.Address, "suspended", cancellationToken);
            return problem;
        }

        var session = await signIns.CreateAsync(
            user, use.Method, client, cancellationToken, decide: work => use.SpendAsync(work, cancellationToken));
        metrics.SignIn(SignInMethod.Passkey, session is null ? "credentials" : "ok");
        if (session is null)
        {
            // Its counter went on in between, or the account has changed.
            await failures.RecordAsync(user, client.Address, "credentials", cancellationToken);
            return IdentityAuthProblems.PasskeyAuthenticationFailed;
        }

        return TypedResults.Ok(new TokenResponse(session.Token, Snowflake.Text(session.UserId)));
    }

    private static string TriedBy(JsonElement? response)
        => response is { } json && AssertionResponse.TryRead(json) is { } assertion ? $"passkey:{Convert.ToHexString(assertion.CredentialId)}" : "passkey";
}

/// <summary>A passkey. Unknown members are ignored.</summary>
public sealed record AuthenticateWithWebAuthnRequest
{
    /// <summary>The assertion: <c>AuthenticationResponseJSON</c> of the browser's API.</summary>
    public required JsonElement Response { get; init; }

    /// <summary>The challenge from the options.</summary>
    public required string Challenge { get; init; }
}
