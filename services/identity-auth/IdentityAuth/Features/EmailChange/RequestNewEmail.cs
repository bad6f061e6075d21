using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.EmailChange;

/// <summary>Step 3 of a change of address (contract §8.7): a code to the new one.</summary>
public static class RequestNewEmail
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/request-new", HandleAsync)
        .WithName(nameof(RequestNewEmail))
        .WithSummary("Name the new e-mail address")
        .WithDescription("Mails a code to it. Five mails to new addresses in 15 minutes.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.EmailChangeRequestNew)
        .Takes<RequestNewEmailRequest>()
        .Answers<RequestNewEmailResponse>(StatusCodes.Status200OK, "The mail is on its way.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, AccountChanges accountChanges, AttemptLimiter attempts, Registrations registrations, Deliveries deliveries,
        NpgsqlDataSource source, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var ticket = body.Text("ticket");
        var newEmail = body.Email("new_email");
        var proof = body.Text("original_proof");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        // 1. The ticket, and the proof that the current mailbox is his.
        var userId = http.Caller.User.Id;
        var change = await accountChanges.FindAsync(ticket, AccountChangeKind.Email, userId, cancellationToken);
        if (ChangeSteps.RefusalOf(change) is { } refusal)
        {
            return refusal;
        }

        if (change!.Stage == AccountChangeStage.Original)
        {
            return new FieldErrors("ticket", FieldCodes.OriginalEmailMustBeVerifiedFirst);
        }

        if (!ChangeSteps.IsProof(change, proof))
        {
            return new FieldErrors("original_proof", FieldCodes.InvalidProofToken);
        }

        // 2. The new address.
        if (await users.FindAsync(userId, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (EmailAddress.AreSame(user.Email, newEmail))
        {
            return new FieldErrors("new_email", FieldCodes.NewEmailMustBeDifferent);
        }

        var attempt = await attempts.CountRequestAsync(new AttemptLimit("email-change-new", Snowflake.Text(userId), ChangeSteps.NewMails, ChangeSteps.Window));
        if (attempt.Wait is not null)
        {
            return RateLimitAnswer.For(attempt);
        }

        if (await registrations.IsEmailTakenAsync(newEmail, cancellationToken))
        {
            return new FieldErrors("new_email", FieldCodes.EmailAlreadyInUse);
        }

        // 3. The code.
        var code = MailedCode.Create();
        var now = clock.GetUtcNow();
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        await accountChanges.ReplaceCodeAsync(work, CodeOf.New, ticket, code, cancellationToken, newEmail);
        await work.CommitAsync(batch => deliveries.Add(
            batch,
            Deliveries.Email,
            new DeliveryContent { Kind = DeliveryKind.EmailChangeNew, To = newEmail, Locale = user.Locale, Code = MailedCode.Show(code) },
            AccountChanges.CodeLifetime));
        deliveries.Wake();
        return TypedResults.Ok(new RequestNewEmailResponse(ticket, newEmail, now + AccountChanges.CodeLifetime, now + AccountChanges.ResendCooldown));
    }
}

/// <summary>The new address.</summary>
public sealed record RequestNewEmailRequest
{
    /// <summary>The ticket of the first step.</summary>
    public required string Ticket { get; init; }

    /// <summary>1–254 characters.</summary>
    public required string NewEmail { get; init; }

    /// <summary>The proof of the step before.</summary>
    public required string OriginalProof { get; init; }
}

/// <summary>A code is on its way.</summary>
/// <param name="Ticket">The same.</param>
/// <param name="NewEmail">Where it goes.</param>
/// <param name="NewCodeExpiresAt">How long the code is good.</param>
/// <param name="ResendAvailableAt">When another can be mailed.</param>
public sealed record RequestNewEmailResponse(string Ticket, string NewEmail, DateTimeOffset NewCodeExpiresAt, DateTimeOffset ResendAvailableAt);
