using IdentityAuth.Data;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.EmailChange;

/// <summary>Step 4 of a change of address (contract §8.7): the code from the new mailbox, for the token that <c>PATCH /users/@me</c> takes.</summary>
public static class VerifyNewEmail
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/verify-new", HandleAsync)
        .WithName(nameof(VerifyNewEmail))
        .WithSummary("Prove the new e-mail address")
        .WithDescription("The token goes into `PATCH /users/@me` within 30 minutes. Five wrong codes make the code void.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.EmailChangeVerifyNew)
        .Takes<VerifyNewEmailRequest>()
        .Answers<VerifyNewEmailResponse>(StatusCodes.Status200OK, "The token for the change itself.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(HttpContext http, AccountChanges accountChanges, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var ticket = body.Text("ticket");
        var code = body.Text("code");
        var proof = body.Text("original_proof");
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

        if (change!.Stage == AccountChangeStage.Original)
        {
            return new FieldErrors("ticket", FieldCodes.OriginalEmailMustBeVerifiedFirst);
        }

        if (!ChangeSteps.IsProof(change, proof))
        {
            return new FieldErrors("original_proof", FieldCodes.InvalidProofToken);
        }

        if (change is not { HasNewCode: true, NewEmail: { } newEmail })
        {
            return ChangeSteps.CodeNotIssued();
        }

        if (ChangeSteps.RefusalOf(await accountChanges.CheckAsync(CodeOf.New, ticket, code, cancellationToken)) is { } wrong)
        {
            return wrong;
        }

        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        if (!await AccountChanges.CompleteAsync(work, ticket, cancellationToken))
        {
            return new FieldErrors("ticket", FieldCodes.TicketAlreadyCompleted);
        }

        var token = "";
        await work.CommitAsync(batch => token = accountChanges.AddEmailToken(batch, userId, newEmail));
        return TypedResults.Ok(new VerifyNewEmailResponse(token));
    }
}

/// <summary>Which change, the code, and the proof of the step before.</summary>
public sealed record VerifyNewEmailRequest
{
    /// <summary>The ticket of the first step.</summary>
    public required string Ticket { get; init; }

    /// <summary>As it was mailed; hyphens and case do not count.</summary>
    public required string Code { get; init; }

    /// <summary>The proof for the current address.</summary>
    public required string OriginalProof { get; init; }
}

/// <summary>The new mailbox is proven.</summary>
/// <param name="EmailToken">For <c>PATCH /users/@me</c>; 30 minutes.</param>
public sealed record VerifyNewEmailResponse(string EmailToken);
