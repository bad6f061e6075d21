using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Mfa;

/// <summary>The second step of a sign-in with a code that was texted (contract §3.7).</summary>
public static class LoginWithSmsMfa
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/login/mfa/sms", HandleAsync)
        .WithName(nameof(LoginWithSmsMfa))
        .WithSummary("Sign in with a code from a text message")
        .WithDescription("The second step after a password. The code is good once; five wrong ones burn the ticket. "
            + "Field codes: `SESSION_TIMEOUT` and `INVALID_CODE` on `code`.")
        .IsLocalSignIn()
        .Limited(Buckets.LoginMfa)
        .Takes<LoginWithCodeRequest>()
        .Answers<TokenResponse>(StatusCodes.Status200OK, "Signed in.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.SmsMfaNotEnabled,
            IdentityAuthProblems.AccountSuspendedPermanently, IdentityAuthProblems.AccountSuspendedTemporarily);

    internal static async Task<IResult> HandleAsync(HttpContext http, MfaSignIn mfa, SmsCodes codes, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var request = LoginWithCodeRequest.Read(body);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        return await mfa.ByCodeAsync(
            http,
            request.Ticket,
            user => user.Authenticators.HasFlag(AuthenticatorTypes.Sms) ? null : IdentityAuthProblems.SmsMfaNotEnabled,
            async user => user.Phone is { } phone && await codes.RedeemAsync(SmsPurpose.SignIn, user.Id, phone, request.Code)
                ? FactorUse.Spent(SignInMethod.Sms)
                : null,
            cancellationToken);
    }
}
