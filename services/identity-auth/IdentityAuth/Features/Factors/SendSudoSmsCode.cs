using IdentityAuth.Data;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>Texts a code for sudo mode (contract §8.3).</summary>
public static class SendSudoSmsCode
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/sudo/mfa/sms/send", HandleAsync)
        .WithName(nameof(SendSudoSmsCode))
        .WithSummary("Send a sudo code by text message")
        .WithDescription("To the account's phone: six digits, good for ten minutes and once.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.SudoSms)
        .Answers(StatusCodes.Status204NoContent, "The message is on its way.")
        .Refuses(IdentityAuthProblems.SmsMfaNotEnabled, IdentityAuthProblems.PhoneRequiredForSmsMfa, IdentityAuthProblems.SmsVerificationUnavailable);

    internal static async Task<IResult> HandleAsync(HttpContext http, UserStore users, TextMessages texts, CancellationToken cancellationToken)
        => await users.FindAsync(http.Caller.User.Id, cancellationToken) is { } user
            ? await texts.SendFactorCodeAsync(user, SmsPurpose.Sudo, cancellationToken) ?? TypedResults.NoContent()
            : IdentityAuthProblems.UnknownUser;
}
