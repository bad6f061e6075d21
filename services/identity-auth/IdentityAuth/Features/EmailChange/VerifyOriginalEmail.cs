using IdentityAuth.Data;
using IdentityAuth.Http;

namespace IdentityAuth.Features.EmailChange;

/// <summary>Step 2 of a change of address (contract §8.7): the code from the current mailbox.</summary>
public static class VerifyOriginalEmail
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/verify-original", HandleAsync)
        .WithName(nameof(VerifyOriginalEmail))
        .WithSummary("Prove the current e-mail address")
        .WithDescription("Who repeats it gets the same proof. Five wrong codes make the code void.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.EmailChangeVerifyOriginal)
        .Takes<ChangeCodeRequest>()
        .Answers<VerifyOriginalEmailResponse>(StatusCodes.Status200OK, "The proof for the next steps.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(HttpContext http, AccountChanges accountChanges, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var ticket = body.Text("ticket");
        var code = body.Text("code");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        var change = await accountChanges.FindAsync(ticket, AccountChangeKind.Email, http.Caller.User.Id, cancellationToken);
        if (ChangeSteps.RefusalOf(change) is { } refusal)
        {
            return refusal;
        }

        if (!change!.HasOriginalCode)
        {
            return ChangeSteps.CodeNotIssued();
        }

        return ChangeSteps.RefusalOf(await accountChanges.CheckAsync(CodeOf.Original, ticket, code, cancellationToken))
            ?? (IResult)TypedResults.Ok(new VerifyOriginalEmailResponse(change.Proof!));
    }
}

/// <summary>Which change, and the code.</summary>
public sealed record ChangeCodeRequest
{
    /// <summary>The ticket of the first step.</summary>
    public required string Ticket { get; init; }

    /// <summary>As it was mailed; hyphens and case do not count.</summary>
    public required string Code { get; init; }
}

/// <summary>The mailbox is proven.</summary>
/// <param name="OriginalProof">For the next steps.</param>
public sealed record VerifyOriginalEmailResponse(string OriginalProof);
