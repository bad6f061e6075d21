using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Mfa;

/// <summary>
/// The second step of a sign-in with an authenticator app or a backup code (contract §3.5; RFC 6238). A time step is good once, also for
/// parallel attempts.
/// </summary>
public static class LoginWithTotp
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/login/mfa/totp", HandleAsync)
        .WithName(nameof(LoginWithTotp))
        .WithSummary("Sign in with a code of an authenticator app")
        .WithDescription("The second step after a password, with a six-digit code or a backup code. A code is good once; five wrong ones burn the ticket. "
            + "Field codes: `SESSION_TIMEOUT` and `INVALID_CODE` on `code`.")
        .IsLocalSignIn()
        .Limited(Buckets.LoginMfa)
        .Takes<LoginWithCodeRequest>()
        .Answers<TokenResponse>(StatusCodes.Status200OK, "Signed in.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.AccountSuspendedPermanently, IdentityAuthProblems.AccountSuspendedTemporarily);

    internal static async Task<IResult> HandleAsync(HttpContext http, MfaSignIn mfa, TotpFactor totp, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var request = LoginWithCodeRequest.Read(body);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        return await mfa.ByCodeAsync(
            http, request.Ticket, _ => null, user => totp.CheckAsync(user.Id, request.Code, cancellationToken), cancellationToken);
    }
}

/// <summary>A code as the second step of a sign-in. Unknown members are ignored.</summary>
public sealed record LoginWithCodeRequest
{
    /// <summary>What the app shows, a backup code, or what came by text message: 1–256 characters.</summary>
    public required string Code { get; init; }

    /// <summary>From the first step.</summary>
    public required string Ticket { get; init; }

    internal static LoginWithCodeRequest Read(FormBody body) => new() { Code = body.Text("code"), Ticket = body.Text("ticket") };

    public override string ToString() => "(code)";
}
