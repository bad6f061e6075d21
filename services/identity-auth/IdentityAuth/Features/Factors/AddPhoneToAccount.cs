using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Factors;

/// <summary>Puts a confirmed phone number on the account (contract §8.5), which settles what was asked of it about a phone (§8.2).</summary>
public static class AddPhoneToAccount
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/phone", HandleAsync)
        .WithName(nameof(AddPhoneToAccount))
        .WithSummary("Set the phone number")
        .WithDescription("With the token from confirming it. A number belongs to one account.")
        .NeedsSession()
        .NeedsSudo()
        .Limited(Buckets.PhoneAdd)
        .Takes<AddPhoneToAccountRequest>()
        .Answers(StatusCodes.Status204NoContent, "The number is set.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.PhoneVerificationRequired, IdentityAuthProblems.PhoneAlreadyUsed);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, PhoneTokens tokens, Accounts accounts, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (token, fields) = (body.Text("phone_token"), SudoFields.Read(body));
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (await sudo.CheckAsync(http, user, fields, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        if (await tokens.TakeAsync(token, user.Id) is not { } phone)
        {
            return IdentityAuthProblems.PhoneVerificationRequired;
        }

        await using var account = await accounts.LockAsync(user.Id, cancellationToken);
        if (account is null)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        try
        {
            await account.CommitAsync(
                batch =>
                {
                    batch.Add(
                        "UPDATE users SET phone = $2, suspicious_activity = suspicious_activity & ~$3 WHERE id = $1",
                        user.Id, phone, SuspiciousActivity.SettledByPhone);
                    batch.AddAudit(user.Id, AuditAction.FactorAdded, ClientAddress.Of(http), "phone", clock.GetUtcNow());
                },
                account.User.SuspiciousActivity == SuspiciousActivity.None ? ["phone"] : ["phone", "required_actions"]);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // Another account was faster.
            return IdentityAuthProblems.PhoneAlreadyUsed;
        }

        return TypedResults.NoContent();
    }
}

/// <summary>A confirmed phone number, and the sudo fields. Unknown members are ignored.</summary>
public sealed record AddPhoneToAccountRequest : SudoRequest
{
    /// <summary>From confirming the number.</summary>
    public required string PhoneToken { get; init; }
}
