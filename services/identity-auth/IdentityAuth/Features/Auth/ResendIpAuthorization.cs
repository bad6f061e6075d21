using IdentityAuth.Data;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>Mails the token for a new address again, once (contract §4). Its lifetime stays what it is.</summary>
public static class ResendIpAuthorization
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/ip-authorization/resend", HandleAsync)
        .WithName(nameof(ResendIpAuthorization))
        .WithSummary("Mail the link for a new address again")
        .WithDescription("Once per ticket, at the earliest 30 seconds after it was made.")
        .Limited(Buckets.ResendIpAuthorization)
        .Takes<ResendIpAuthorizationRequest>()
        .Answers(StatusCodes.Status204NoContent, "The mail is on its way.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.IpAuthorizationResendLimitExceeded, IdentityAuthProblems.IpAuthorizationResendCooldown);

    internal static async Task<IResult> HandleAsync(HttpContext http, IpTickets tickets, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var ticket = body.Text("ticket");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        var (outcome, wait) = await tickets.ResendAsync(ticket, cancellationToken);
        return outcome switch
        {
            ResendOutcome.Sent => TypedResults.NoContent(),
            ResendOutcome.AlreadyUsed => IdentityAuthProblems.IpAuthorizationResendLimitExceeded,
            ResendOutcome.TooEarly => IdentityAuthProblems.IpAuthorizationResendCooldown.With(
                wait, json => json.WriteNumber("resend_available_in"u8, (int)Math.Ceiling(wait.TotalSeconds))),
            _ => new FieldErrors("ticket", FieldCodes.InvalidAuthorizationTicket),
        };
    }
}

/// <summary>The ticket that the sign-in was answered with.</summary>
public sealed record ResendIpAuthorizationRequest
{
    /// <summary>1–256 characters.</summary>
    public required string Ticket { get; init; }
}
