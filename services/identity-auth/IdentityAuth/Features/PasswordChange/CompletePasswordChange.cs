using IdentityAuth.Data;
using IdentityAuth.Http;
using IdentityAuth.Passwords;
using Npgsql;

namespace IdentityAuth.Features.PasswordChange;

/// <summary>The last step of a change of the password (contract §8.8). Every session ends. An account with second factors needs sudo too.</summary>
public static class CompletePasswordChange
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/complete", HandleAsync)
        .WithName(nameof(CompletePasswordChange))
        .WithSummary("Set the new password")
        .WithDescription("Ends every session of the account, this one too: sign in again.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.PasswordChangeComplete)
        .Takes<CompletePasswordChangeRequest>()
        .Answers(StatusCodes.Status204NoContent, "The password is changed.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, AccountChanges accountChanges, PasswordPolicy policy, PasswordHasher passwords,
        PasswordChanges passwordChanges, Revocations revocations, ChangeBroadcast changes, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var ticket = body.Text("ticket");
        var proof = body.Text("verification_proof");
        var password = body.Password("new_password");
        var fields = SudoFields.Read(body);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        // The mailed code stands for the password, not for a second factor.
        if (user.HasMfa && await sudo.CheckAsync(http, user, fields, cancellationToken) is { } unproven)
        {
            return unproven;
        }

        var change = await accountChanges.FindAsync(ticket, AccountChangeKind.Password, user.Id, cancellationToken);
        if (ChangeSteps.RefusalOf(change) is { } refusal)
        {
            return refusal;
        }

        if (change!.Stage == AccountChangeStage.Original || !ChangeSteps.IsProof(change, proof))
        {
            return new FieldErrors("verification_proof", FieldCodes.InvalidProofToken);
        }

        if (await policy.IsTooCommonAsync(password, cancellationToken))
        {
            return new FieldErrors("new_password", FieldCodes.PasswordIsTooCommon);
        }

        if (await passwords.HashAsync(password, cancellationToken) is not { } hash)
        {
            return RateLimitAnswer.For(PasswordHasher.BusyWait);
        }

        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        if (!await AccountChanges.CompleteAsync(work, ticket, cancellationToken))
        {
            return new FieldErrors("ticket", FieldCodes.TicketAlreadyCompleted);
        }

        if (await passwordChanges.ApplyAsync(work, user, hash, cancellationToken) is not { } ended)
        {
            return IdentityAuthProblems.Unauthorized;
        }

        await work.CommitAsync(batch =>
        {
            passwordChanges.AddTraces(batch, user, ended, ClientAddress.Of(http));
            revocations.AddUserUpdated(batch, user.Id, "password_last_changed_at");
        });
        await changes.SessionsEndedAsync(ended);
        await changes.UserChangedAsync(user.Id);
        return TypedResults.NoContent();
    }
}

/// <summary>The proof and the new password, and the sudo fields. Unknown members are ignored.</summary>
public sealed record CompletePasswordChangeRequest : SudoRequest
{
    /// <summary>The ticket of the first step.</summary>
    public required string Ticket { get; init; }

    /// <summary>The proof of the step before.</summary>
    public required string VerificationProof { get; init; }

    /// <summary>8–256 characters, none of the most common.</summary>
    public required string NewPassword { get; init; }
}
