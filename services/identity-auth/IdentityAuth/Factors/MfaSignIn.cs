using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Factors;

/// <summary>
/// The second step of a sign-in (contract §3.5–3.8): from a ticket and a proof to a session. The ticket is used up in the same
/// transaction that spends the proof and makes the session, behind the lock on the account: of parallel attempts one wins.
/// </summary>
internal sealed class MfaSignIn(
    MfaTickets tickets, MfaAttempts guesses, AttemptLimiter attempts, UserStore users, SignIns signIns, SignInFailures failures,
    IdentityAuthMetrics metrics, TimeProvider clock)
{
    /// <summary>Failures per account, over all its tickets (§3.5).</summary>
    private static AttemptLimit FailuresOf(long userId) => new("mfa", Snowflake.Text(userId), 10, TimeSpan.FromMinutes(15));

    /// <summary>The account of a ticket that is still good.</summary>
    public async Task<User?> FindUserAsync(string ticket, CancellationToken cancellationToken)
        => await FindUserAsync(await tickets.FindAsync(ticket), cancellationToken);

    /// <summary>Signs in by a code that could be guessed.</summary>
    /// <param name="refusal">A reason to refuse before the code is looked at.</param>
    /// <param name="check">Whether the code is right; <see langword="null"/> if not.</param>
    public async Task<IResult> ByCodeAsync(
        HttpContext http, string ticket, Func<User, IResult?> refusal, Func<User, Task<FactorUse?>> check, CancellationToken cancellationToken)
    {
        // 1. A live ticket, with an attempt left.
        var found = await guesses.ReserveAsync(ticket);
        if (await OrForgiveAsync(ticket, () => FindUserAsync(found, cancellationToken)) is not { } user)
        {
            return Timeout("code");
        }

        // 2. The account.
        if (AccountGate.RefusalOf(user, clock.GetUtcNow()) is { } suspended)
        {
            await guesses.ForgiveAsync(ticket);
            return await RefuseAsync(http, user, suspended, cancellationToken);
        }

        if (refusal(user) is { } problem)
        {
            await guesses.ForgiveAsync(ticket);
            return problem;
        }

        // 3. Not too many failures; counted first and forgiven later, so that parallel guesses cannot slip past.
        var attempt = await attempts.CountAsync(FailuresOf(user.Id));
        if (attempt.Wait is not null)
        {
            await guesses.ForgiveAsync(ticket);
            return RateLimitAnswer.For(attempt);
        }

        // 4. The code, spent with the ticket.
        var outcome = await OrForgiveAsync(ticket, () => attempts.CheckAsync(attempt, async () => await check(user) is { } use
            ? await SignInAsync(http, user, found!, ticket, use, cancellationToken)
            : new Outcome(null, IsTicketGone: false)).AsTask());
        if (outcome.Session is { } session)
        {
            await attempts.ForgiveAsync(attempt);
            return Welcome(session);
        }

        // 5. Whoever lost a race for the ticket has not guessed.
        if (outcome.IsTicketGone || !await guesses.FailAsync(ticket))
        {
            await attempts.ForgiveAsync(attempt);
        }
        else
        {
            await RecordFailureAsync(http, user, cancellationToken);
        }

        return outcome.IsTicketGone ? Timeout("code") : new FieldErrors("code", FieldCodes.InvalidCode);
    }

    /// <summary>Signs in by a proof that cannot be guessed: a failure leaves the ticket as it was.</summary>
    public async Task<IResult> ByProofAsync(
        HttpContext http, string ticket, Func<User, Task<FactorUse?>> check, IResult failure, CancellationToken cancellationToken)
    {
        var found = await tickets.FindAsync(ticket);
        if (await FindUserAsync(found, cancellationToken) is not { } user)
        {
            return Timeout("ticket");
        }

        if (AccountGate.RefusalOf(user, clock.GetUtcNow()) is { } suspended)
        {
            return await RefuseAsync(http, user, suspended, cancellationToken);
        }

        var outcome = await check(user) is { } use
            ? await SignInAsync(http, user, found!, ticket, use, cancellationToken)
            : new Outcome(null, IsTicketGone: false);
        if (outcome.Session is { } session)
        {
            return Welcome(session);
        }

        if (outcome.IsTicketGone)
        {
            return Timeout("ticket");
        }

        await RecordFailureAsync(http, user, cancellationToken);
        return failure;
    }

    /// <summary>The ticket is unknown, over, used or burnt.</summary>
    /// <param name="field">Where the operation says so.</param>
    public static IResult Timeout(string field) => new FieldErrors(field, FieldCodes.SessionTimeout);

    private static Microsoft.AspNetCore.Http.HttpResults.Ok<TokenResponse> Welcome(IssuedSession session)
        => TypedResults.Ok(new TokenResponse(session.Token, Snowflake.Text(session.UserId)));

    private Task RecordFailureAsync(HttpContext http, User user, CancellationToken cancellationToken)
    {
        metrics.SignIn("mfa", "credentials");
        return failures.RecordAsync(user, ClientAddress.Of(http), "mfa", cancellationToken);
    }

    // A suspension since the first step (§3.5). The password was right, so it is told, and recorded.
    private async Task<IResult> RefuseAsync(HttpContext http, User user, Problem problem, CancellationToken cancellationToken)
    {
        metrics.SignIn("mfa", "suspended");
        await failures.RecordAsync(user, ClientAddress.Of(http), "suspended", cancellationToken);
        return problem;
    }

    // What fails because something is away has compared nothing: the reserved attempt is given back, if that is possible.
    private async Task<T> OrForgiveAsync<T>(string ticket, Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (Exception exception) when (Outage.Is(exception))
        {
            try
            {
                await guesses.ForgiveAsync(ticket);
            }
            catch (Exception second) when (Outage.Is(second))
            {
                // It is the store of the attempts that is away.
            }

            throw;
        }
    }

    private async Task<User?> FindUserAsync(MfaTicket? ticket, CancellationToken cancellationToken)
        => ticket is not null && await users.FindAsync(ticket.UserId, cancellationToken) is { } user && user.SecurityStamp == ticket.SecurityStamp
            ? user
            : null;

    private async Task<Outcome> SignInAsync(
        HttpContext http, User user, MfaTicket found, string ticket, FactorUse use, CancellationToken cancellationToken)
    {
        var isSpent = false;
        var session = await signIns.CreateAsync(
            user,
            use.Method,
            ClientAddress.ClientOf(http),
            cancellationToken,
            found.InviteCode,
            decide: async work =>
            {
                // A proof that was spent before leaves the ticket alone.
                isSpent = await use.SpendAsync(work, cancellationToken);
                return isSpent && await tickets.ConsumeAsync(ticket);
            });

        if (session is not null)
        {
            metrics.SignIn(use.Method, "ok");
        }

        // Without a session and with a good proof, the ticket was gone, or the account has changed, which ends its tickets.
        return new Outcome(session, IsTicketGone: session is null && (isSpent || !await IsAliveAsync(user, ticket, cancellationToken)));
    }

    private async Task<bool> IsAliveAsync(User user, string ticket, CancellationToken cancellationToken)
        => await FindUserAsync(await tickets.FindAsync(ticket), cancellationToken) is { } now && now.Id == user.Id;

    private sealed record Outcome(IssuedSession? Session, bool IsTicketGone);
}
