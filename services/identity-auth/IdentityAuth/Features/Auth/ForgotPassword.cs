using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>
/// Mails a link that sets a new password (contract §5.1). Look-up and mail come after the answer: neither it nor its time tells whether the
/// address is known.
/// </summary>
public static class ForgotPassword
{
    private const int PerAddress = 5;
    private const int PerIp = 20;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(30);

    public static void Map(RouteGroupBuilder group) => group.MapPost("/forgot", HandleAsync)
        .WithName(nameof(ForgotPassword))
        .WithSummary("Ask for a new password")
        .WithDescription("Mails a link to the address, if it has an account. The answer is the same if not.")
        .IsLocalSignIn()
        .NeedsCaptcha()
        .Limited(Buckets.Forgot)
        .Takes<ForgotPasswordRequest>()
        .Answers(StatusCodes.Status204NoContent, "If the address has an account, the mail is on its way.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(HttpContext http, AttemptLimiter attempts, PasswordResetWorker worker)
    {
        using var body = await FormBody.ReadAsync(http);
        var email = body.Email("email");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        // Counted for unknown addresses as well.
        var attempt = await attempts.CountRequestAsync(
            new AttemptLimit("forgot-email", EmailAddress.Key(email), PerAddress, Window),
            new AttemptLimit("forgot-ip", ClientAddress.Of(http), PerIp, Window));
        if (attempt.Wait is not null)
        {
            return RateLimitAnswer.For(attempt);
        }

        await worker.AddAsync(email);
        return TypedResults.NoContent();
    }
}

/// <summary>Whose password is forgotten.</summary>
public sealed record ForgotPasswordRequest
{
    /// <summary>In any case.</summary>
    public required string Email { get; init; }
}
