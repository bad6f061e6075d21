using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.PasswordChange;

/// <summary>Begins a change of the password by a mailed code (contract §8.8).</summary>
public static class StartPasswordChange
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/start", HandleAsync)
        .WithName(nameof(StartPasswordChange))
        .WithSummary("Begin to change the password")
        .WithDescription("Mails a code to the account's address. Three mails in 15 minutes.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.PasswordChangeStart)
        .Answers<StartPasswordChangeResponse>(StatusCodes.Status200OK, "A ticket for the next steps.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, AccountChanges accountChanges, AttemptLimiter attempts, Deliveries deliveries, NpgsqlDataSource source,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (user.Email is not { } email)
        {
            return new FieldErrors("email", FieldCodes.MustHaveEmailToChangeIt);
        }

        var attempt = await attempts.CountRequestAsync(new AttemptLimit("password-change", Snowflake.Text(user.Id), ChangeSteps.OriginalMails, ChangeSteps.Window));
        if (attempt.Wait is not null)
        {
            return RateLimitAnswer.For(attempt);
        }

        var code = MailedCode.Create();
        var now = clock.GetUtcNow();
        await using var batch = source.CreateBatch();
        var (ticket, _) = accountChanges.Add(batch, AccountChangeKind.Password, user.Id, code);
        deliveries.Add(
            batch,
            Deliveries.Email,
            new DeliveryContent { Kind = DeliveryKind.PasswordChangeVerification, To = email, Locale = user.Locale, Code = MailedCode.Show(code) },
            AccountChanges.CodeLifetime);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        deliveries.Wake();
        return TypedResults.Ok(new StartPasswordChangeResponse(ticket, now + AccountChanges.CodeLifetime, now + AccountChanges.ResendCooldown));
    }
}

/// <summary>A change of the password has begun.</summary>
/// <param name="Ticket">For the next steps; one hour.</param>
/// <param name="CodeExpiresAt">How long the code is good.</param>
/// <param name="ResendAvailableAt">When another can be mailed.</param>
public sealed record StartPasswordChangeResponse(string Ticket, DateTimeOffset CodeExpiresAt, DateTimeOffset ResendAvailableAt);
