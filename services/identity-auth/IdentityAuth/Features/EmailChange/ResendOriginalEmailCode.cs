using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.EmailChange;

/// <summary>Mails another code to the current address (contract §8.7), 30 seconds after the last at the earliest.</summary>
public static class ResendOriginalEmailCode
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/resend-original", HandleAsync)
        .WithName(nameof(ResendOriginalEmailCode))
        .WithSummary("Mail another code to the current address")
        .WithDescription("The last code is worth nothing then. 30 seconds after the last mail at the earliest, three mails in 15 minutes.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.EmailChangeResendOriginal)
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
        var change = await accountChanges.FindAsync(ticket, AccountChangeKind.Email, userId, cancellationToken);
        if (ChangeSteps.RefusalOf(change) is { } refusal)
        {
            return refusal;
        }

        if (!change!.HasOriginalCode || await users.FindAsync(userId, cancellationToken) is not { Email: { } email })
        {
            return ChangeSteps.CodeNotIssued();
        }

        return await CodeMails.ResendAsync(
            new CodeMail(
                CodeOf.Original, ticket, email, http.Caller.User.Locale, DeliveryKind.EmailChangeOriginal,
                new AttemptLimit("email-change-original", Snowflake.Text(userId), ChangeSteps.OriginalMails, ChangeSteps.Window)),
            accountChanges, attempts, deliveries, source, cancellationToken);
    }
}

/// <summary>Which change.</summary>
public sealed record ChangeTicketRequest
{
    /// <summary>The ticket of the first step.</summary>
    public required string Ticket { get; init; }
}
