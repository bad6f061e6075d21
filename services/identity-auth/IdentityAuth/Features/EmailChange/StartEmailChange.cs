using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.EmailChange;

/// <summary>Step 1 of a change of address (contract §8.7): who has a verified address has to prove that it is his.</summary>
public static class StartEmailChange
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/start", HandleAsync)
        .WithName(nameof(StartEmailChange))
        .WithSummary("Begin to change the e-mail address")
        .WithDescription("Mails a code to the current address when it is verified (`require_original`); otherwise gives the proof at once.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.EmailChangeStart)
        .Answers<StartEmailChangeResponse>(StatusCodes.Status200OK, "A ticket for the next steps.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, AccountChanges accountChanges, AttemptLimiter attempts, Deliveries deliveries, NpgsqlDataSource source,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (user is { HasPassword: true, Email: null })
        {
            return new FieldErrors("email", FieldCodes.MustHaveEmailToChangeIt);
        }

        var code = user is { Email: not null, EmailVerified: true } ? MailedCode.Create() : null;
        if (code is not null)
        {
            var attempt = await attempts.CountRequestAsync(
                new AttemptLimit("email-change-original", Snowflake.Text(user.Id), ChangeSteps.OriginalMails, ChangeSteps.Window));
            if (attempt.Wait is not null)
            {
                return RateLimitAnswer.For(attempt);
            }
        }

        var now = clock.GetUtcNow();
        await using var batch = source.CreateBatch();
        var (ticket, proof) = accountChanges.Add(batch, AccountChangeKind.Email, user.Id, code);
        if (code is not null)
        {
            deliveries.Add(
                batch,
                Deliveries.Email,
                new DeliveryContent { Kind = DeliveryKind.EmailChangeOriginal, To = user.Email!, Locale = user.Locale, Code = MailedCode.Show(code) },
                AccountChanges.CodeLifetime);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        deliveries.Wake();
        return TypedResults.Ok(new StartEmailChangeResponse(
            ticket,
            RequireOriginal: code is not null,
            user.Email,
            proof,
            code is null ? null : now + AccountChanges.CodeLifetime,
            code is null ? null : now + AccountChanges.ResendCooldown));
    }
}

/// <summary>A change of address has begun.</summary>
/// <param name="Ticket">For the next steps; one hour.</param>
/// <param name="RequireOriginal">Whether a code was mailed to the current address.</param>
/// <param name="OriginalEmail">The current address.</param>
/// <param name="OriginalProof">The proof, when no code is needed.</param>
/// <param name="OriginalCodeExpiresAt">How long the code is good.</param>
/// <param name="ResendAvailableAt">When another can be mailed.</param>
public sealed record StartEmailChangeResponse(
    string Ticket, bool RequireOriginal, string? OriginalEmail, string? OriginalProof, DateTimeOffset? OriginalCodeExpiresAt, DateTimeOffset? ResendAvailableAt);
