using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Auth;

/// <summary>Mails a verification link again (contract §3.3). Earlier ones stay good.</summary>
public static class ResendVerificationEmail
{
    private const int PerAddress = 3;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    public static void Map(RouteGroupBuilder group) => group.MapPost("/verify/resend", HandleAsync)
        .WithName(nameof(ResendVerificationEmail))
        .WithSummary("Mail the verification link again")
        .WithDescription("Nothing is sent when there is nothing to verify. Three mails per address in 15 minutes.")
        .NeedsSession()
        .IsLocalSignIn()
        .Limited(Buckets.VerifyResend)
        .Answers(StatusCodes.Status204NoContent, "The mail is on its way, if there is one.");

    internal static async Task<IResult> HandleAsync(
        HttpContext http,
        UserStore users,
        AttemptLimiter attempts,
        MailedTokens tokens,
        Deliveries deliveries,
        NpgsqlDataSource source,
        CancellationToken cancellationToken)
    {
        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (user.Email is not { } email || (user.EmailVerified && (user.SuspiciousActivity & SuspiciousActivity.AsksForReverifiedEmail) == SuspiciousActivity.None))
        {
            return TypedResults.NoContent();
        }

        var attempt = await attempts.CountRequestAsync(new AttemptLimit("verify-resend", EmailAddress.Key(email), PerAddress, Window));
        if (attempt.Wait is not null)
        {
            return RateLimitAnswer.For(attempt);
        }

        await using var batch = source.CreateBatch();
        deliveries.Add(
            batch,
            Deliveries.Email,
            new DeliveryContent
            {
                Kind = DeliveryKind.EmailVerification,
                To = email,
                Locale = user.Locale,
                Token = tokens.Add(batch, MailedTokenKind.Verification, user.Id, email),
            },
            MailedTokenKind.Verification.Lifetime);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        deliveries.Wake();
        return TypedResults.NoContent();
    }
}
