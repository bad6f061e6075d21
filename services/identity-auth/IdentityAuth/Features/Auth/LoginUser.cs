using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using IdentityAuth.Passwords;

namespace IdentityAuth.Features.Auth;

/// <summary>
/// Signs in with address and password (contract §3.4): a session, or what comes before one: a second factor, or the owner's word for an
/// address that is new. Whether an address is known cannot be told from the answer or its time.
/// </summary>
public static class LoginUser
{
    private const int PerAddress = 5;
    private const int PerIp = 10;

    private static readonly TimeSpan AddressWindow = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan IpWindow = TimeSpan.FromMinutes(30);

    public static void Map(RouteGroupBuilder group) => group.MapPost("/login", HandleAsync)
        .WithName(nameof(LoginUser))
        .WithSummary("Sign in with a password")
        .WithDescription("Answers with a session, or, when the account has second factors, with a ticket for the next step (`mfa` is true). From an address "
            + "that the account was not used from before, the owner has to follow a mailed link first (403 `IP_AUTHORIZATION_REQUIRED`).")
        .IsLocalSignIn()
        .NeedsCaptcha()
        .Limited(Buckets.Login)
        .Takes<LoginUserRequest>()
        .Answers<TokenResponse>(StatusCodes.Status200OK, "A session; or MfaRequiredResponse, which has `mfa` and no `token`.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.BotAccessDenied, IdentityAuthProblems.AccountSuspendedPermanently,
            IdentityAuthProblems.AccountSuspendedTemporarily, IdentityAuthProblems.IpAuthorizationRequired);

    internal static async Task<IResult> HandleAsync(
        HttpContext http,
        UserStore users,
        PasswordHasher passwords,
        AttemptLimiter attempts,
        SignIns signIns,
        MfaTickets mfaTickets,
        IpTickets ipTickets,
        SignInFailures failures,
        IdentityAuthMetrics metrics,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var email = body.Email("email");
        var password = body.Password("password");
        var inviteCode = body.OptionalText("invite_code", 0, 256, nullable: true);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        // A crowd is turned away at the door: nothing is counted, and neither store is asked.
        using var place = passwords.TryEnter();
        if (place is null)
        {
            metrics.SignIn(SignInMethod.Password, "busy");
            return RateLimitAnswer.For(PasswordHasher.BusyWait);
        }

        // 1. Attempts, also those that succeed.
        var client = ClientAddress.ClientOf(http);
        var attempt = await attempts.CountRequestAsync(
            new AttemptLimit("login-email", EmailAddress.Key(email), PerAddress, AddressWindow),
            new AttemptLimit("login-ip", client.Address, PerIp, IpWindow));
        if (attempt.Wait is not null)
        {
            return RateLimitAnswer.For(attempt);
        }

        // 2. Credentials. Without account or password the time of a comparison is spent all the same.
        var (user, knownIp) = await users.FindForSignInAsync(email, client.Address, cancellationToken);
        if (!await place.MatchesAsync(user?.PasswordHash, password, cancellationToken))
        {
            metrics.SignIn(SignInMethod.Password, "credentials");
            await failures.RecordAsync(email, null, client.Address, "credentials", cancellationToken);
            return InvalidCredentials();
        }

        // 3, 4. Bots; accounts that are closed or suspended.
        if (AccountGate.RefusalOf(user!, clock.GetUtcNow()) is { } refusal)
        {
            metrics.SignIn(SignInMethod.Password, "suspended");
            await failures.RecordAsync(user!, client.Address, "suspended", cancellationToken);
            return refusal;
        }

        // 6. A second factor, wherever the request comes from.
        if (user!.HasMfa)
        {
            metrics.SignIn(SignInMethod.Password, "mfa_required");
            return TypedResults.Ok(MfaRequiredResponse.For(user, await mfaTickets.IssueAsync(user, inviteCode)));
        }

        // 7. An address that the account was not used from before.
        if (!knownIp && !user.Flags.HasFlag(AccountFlags.AppStoreReviewer))
        {
            metrics.SignIn(SignInMethod.Password, "ip_authorization_required");
            return await RequireAuthorizationAsync(user, client, inviteCode, ipTickets, cancellationToken);
        }

        // 5, 8. The session; who had switched off or given up his account has it back with it.
        var rehashed = passwords.IsOutdated(user.PasswordHash!) ? await place.HashAsync(password, cancellationToken) : null;
        var session = await signIns.CreateAsync(user, SignInMethod.Password, client, cancellationToken, inviteCode, batch =>
        {
            if (rehashed is not null)
            {
                batch.Add("UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3", user.Id, rehashed, user.PasswordHash!);
            }
        });
        if (session is null)
        {
            // The password was changed while we compared it.
            metrics.SignIn(SignInMethod.Password, "credentials");
            await failures.RecordAsync(user, client.Address, "credentials", cancellationToken);
            return InvalidCredentials();
        }

        metrics.SignIn(SignInMethod.Password, "ok");
        return TypedResults.Ok(new TokenResponse(session.Token, Snowflake.Text(user.Id)));
    }

    private static async Task<IResult> RequireAuthorizationAsync(
        User user, ClientDevice client, string? inviteCode, IpTickets tickets, CancellationToken cancellationToken)
    {
        var ticket = await tickets.IssueAsync(user, client, inviteCode, cancellationToken);
        return IdentityAuthProblems.IpAuthorizationRequired.With(json =>
        {
            json.WriteBoolean("ip_authorization_required"u8, true);
            json.WriteString("ticket"u8, ticket);
            json.WriteString("email"u8, user.Email);
            json.WriteNumber("resend_available_in"u8, (int)IpTickets.ResendCooldown.TotalSeconds);
        });
    }

    private static FieldErrors InvalidCredentials()
        => new FieldErrors("email", FieldCodes.InvalidEmailOrPassword).Add("password", FieldCodes.InvalidEmailOrPassword);
}

/// <summary>Address and password.</summary>
public sealed record LoginUserRequest
{
    /// <summary>In any case.</summary>
    public required string Email { get; init; }

    /// <summary>8–256 characters.</summary>
    public required string Password { get; init; }

    /// <summary>Up to 256 characters; may be null. Goes into the event, for whoever serves invitations.</summary>
    public string? InviteCode { get; init; }
}
