using IdentityAuth.Data;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Mfa;

/// <summary>Texts the code for the second step of a sign-in (contract §3.6). The ticket stays.</summary>
public static class SendSmsMfaCode
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/login/mfa/sms/send", HandleAsync)
        .WithName(nameof(SendSmsMfaCode))
        .WithSummary("Send a sign-in code by text message")
        .WithDescription("To the account's phone: six digits, good for ten minutes and once. A new code takes the place of the one before it; five texts in 15 minutes.")
        .IsLocalSignIn()
        .Limited(Buckets.LoginMfa)
        .Takes<TicketRequest>()
        .Answers(StatusCodes.Status204NoContent, "The message is on its way.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.SmsMfaNotEnabled, IdentityAuthProblems.PhoneRequiredForSmsMfa,
            IdentityAuthProblems.SmsVerificationUnavailable);

    internal static async Task<IResult> HandleAsync(HttpContext http, MfaSignIn mfa, TextMessages texts, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var request = TicketRequest.Read(body);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        return await mfa.FindUserAsync(request.Ticket, cancellationToken) is { } user
            ? await texts.SendFactorCodeAsync(user, SmsPurpose.SignIn, cancellationToken) ?? TypedResults.NoContent()
            : MfaSignIn.Timeout("ticket");
    }
}

/// <summary>The second step of a sign-in. Unknown members are ignored.</summary>
public sealed record TicketRequest
{
    /// <summary>From the first step.</summary>
    public required string Ticket { get; init; }

    internal static TicketRequest Read(FormBody body) => new() { Ticket = body.Text("ticket") };

    public override string ToString() => "(ticket)";
}
