using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.EmailChange;

/// <summary>Mails another code to the new address (contract §8.7), 30 seconds after the last at the earliest.</summary>
public static class ResendNewEmailCode
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/resend-new", HandleAsync)
        .WithName(nameof(ResendNewEmailCode))
        .WithSummary("Mail another code to the new address")
        .WithDescription("The last code is worth nothing then. 30 seconds after the last mail at the earliest, five mails in 15 minutes.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.EmailChangeResendNew)
        .Takes<ChangeTicketRequest>()
        .Answers(StatusCodes.Status204NoContent, "The mail is on its way.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, AccountChanges accountChanges, AttemptLimiter attempts, Deliveries deliveries, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var ticket = body.Text("ticket");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        var userId = http.Caller.User.Id;
        var change = await accountChanges.FindAsync(ticket, AccountChangeKind.Email, userId, cancellationToken);
        if (ChangeSteps.RefusalOf(change) is { } refusal)
        {
            return refusal;
        }

        if (change is not { HasNewCode: true, NewEmail: { } newEmail })
        {
            return ChangeSteps.CodeNotIssued();
        }

        return await CodeMails.ResendAsync(
            new CodeMail(
                CodeOf.New, ticket, newEmail, http.Caller.User.Locale, DeliveryKind.EmailChangeNew,
                new AttemptLimit("email-change-new", Snowflake.Text(userId), ChangeSteps.NewMails, ChangeSteps.Window)),
            accountChanges, attempts, deliveries, source, cancellationToken);
    }
}
