using IdentityAuth.Data;
using IdentityAuth.Features.EmailChange;
using IdentityAuth.Http;

namespace IdentityAuth.Features.PasswordChange;

/// <summary>The mailed code of a change of the password (contract §8.8).</summary>
public static class VerifyPasswordChangeCode
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/verify", HandleAsync)
        .WithName(nameof(VerifyPasswordChangeCode))
        .WithSummary("Give the mailed code for the password")
        .WithDescription("Who repeats it gets the same proof. Five wrong codes make the code void.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.PasswordChangeVerify)
        .Takes<ChangeCodeRequest>()
        .Answers<VerifyPasswordChangeCodeResponse>(StatusCodes.Status200OK, "The proof for the last step.")
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

        var change = await accountChanges.FindAsync(ticket, AccountChangeKind.Password, http.Caller.User.Id, cancellationToken);
        return ChangeSteps.RefusalOf(change)
            ?? ChangeSteps.RefusalOf(await accountChanges.CheckAsync(CodeOf.Original, ticket, code, cancellationToken))
            ?? (IResult)TypedResults.Ok(new VerifyPasswordChangeCodeResponse(change!.Proof!));
    }
}

/// <summary>The mailbox is proven.</summary>
/// <param name="VerificationProof">For the last step.</param>
public sealed record VerifyPasswordChangeCodeResponse(string VerificationProof);
