using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Auth;

/// <summary>Verifies an address with the mailed token (contract §3.2). Works logged out and makes no session.</summary>
public static class VerifyEmail
{
    // The account's own address decides: a token for one that it had before is worth nothing.
    private const string Verify = """
        UPDATE users SET email_verified = true, suspicious_activity = suspicious_activity & ~$3
        WHERE id = $1 AND lower(email) = lower($2) AND flags & 1 = 0
        RETURNING id
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/verify", HandleAsync)
        .WithName(nameof(VerifyEmail))
        .WithSummary("Verify the e-mail address")
        .WithDescription("With the token that was mailed. Settles what the account had to confirm by mail.")
        .IsLocalSignIn()
        .Limited(Buckets.Verify)
        .Takes<VerifyEmailRequest>()
        .Answers(StatusCodes.Status204NoContent, "The address is verified.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, NpgsqlDataSource source, Revocations events, ChangeBroadcast changes, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var token = body.Text("token", OneTimeToken.Length, OneTimeToken.Length);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        var now = clock.GetUtcNow();
        await using var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        var used = await work.QueryAsync(
            MailedTokens.Use,
            [OneTimeToken.Hash(token), MailedTokenKind.Verification.Name, now],
            reader => (UserId: reader.GetInt64(0), Email: reader.GetString(1)),
            cancellationToken);
        if (used is not [var (userId, email)]
            || await work.QueryAsync(Verify, [userId, email, SuspiciousActivity.SettledByEmail], reader => reader.GetInt64(0), cancellationToken) is [])
        {
            return new FieldErrors("token", FieldCodes.InvalidVerificationToken);
        }

        await work.CommitAsync(batch =>
        {
            batch.Add("DELETE FROM mailed_tokens WHERE user_id = $1 AND kind = $2", userId, MailedTokenKind.Verification.Name);
            batch.AddAudit(userId, AuditAction.EmailVerified, ClientAddress.Of(http), null, now);
            events.AddUserUpdated(batch, userId, "verified");
        });
        await changes.UserChangedAsync(userId);
        return TypedResults.NoContent();
    }
}

/// <summary>The mailed token.</summary>
public sealed record VerifyEmailRequest
{
    /// <summary>64 characters.</summary>
    public required string Token { get; init; }
}
