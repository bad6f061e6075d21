using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Features.EmailChange;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.PasswordChange;

/// <summary>Mails another code for a change of the password (contract §8.8), 30 seconds after the last at the earliest.</summary>
public static class ResendPasswordChangeCode
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/resend", HandleAsync)
        .WithName(nameof(ResendPasswordChangeCode))
        .WithSummary("Mail another code for the password")
        .WithDescription("The last code is worth nothing then. 30 seconds after the last mail at the earliest, three mails in 15 minutes.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.PasswordChangeResend)
        .Takes<ChangeTicketRequest>()
        .Answers(StatusCodes.Status204NoContent, "The mail is on its way.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, AccountChanges accountChanges, AttemptLimiter attempts, Deliveries deliveries, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var ticket = body.Text("ticket");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        var userId = http.Caller.User.Id;
        if (ChangeSteps.RefusalOf(await accountChanges.FindAsync(ticket, AccountChangeKind.Password, userId, cancellationToken)) is { } refusal)
        {
            return refusal;
        }

        if (await users.FindAsync(userId, cancellationToken) is not { Email: { } email })
        {
            return IdentityAuthProblems.UnknownUser;
        }

        return await CodeMails.ResendAsync(
            new CodeMail(
                CodeOf.Original, ticket, email, http.Caller.User.Locale, DeliveryKind.PasswordChangeVerification,
                new AttemptLimit("password-change", Snowflake.Text(userId), ChangeSteps.OriginalMails, ChangeSteps.Window)),
            accountChanges, attempts, deliveries, source, cancellationToken);
    }
}
