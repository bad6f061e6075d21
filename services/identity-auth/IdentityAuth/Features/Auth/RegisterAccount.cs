using System.Globalization;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using IdentityAuth.Passwords;

namespace IdentityAuth.Features.Auth;

/// <summary>
/// Makes an account and signs it in (contract §3.1). The account can be used at once; a verified address is not needed. Tells whether
/// an address is taken, which the client depends on: challenges and limits are the counter-measure.
/// </summary>
public static class RegisterAccount
{
    private const int PerAddress = 3;
    private const int PerIp = 5;

    private static readonly TimeSpan AddressWindow = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan IpWindow = TimeSpan.FromMinutes(30);

    public static void Map(RouteGroupBuilder group) => group.MapPost("/register", HandleAsync)
        .WithName(nameof(RegisterAccount))
        .WithSummary("Register an account")
        .WithDescription("Makes an account, signs it in and mails a link that verifies the address. Without address and password the account is unclaimed: "
            + "it lives as long as its session.")
        .IsLocalSignIn()
        .NeedsCaptcha()
        .Limited(Buckets.Register)
        .Takes<RegisterAccountRequest>()
        .Answers<TokenResponse>(StatusCodes.Status200OK, "The account is made and signed in.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http,
        Registrations registrations,
        PasswordPolicy policy,
        PasswordHasher passwords,
        AttemptLimiter attempts,
        IdentityAuthMetrics metrics,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var request = Read(body);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        // 1. Consent.
        if (!request.Consent)
        {
            return new FieldErrors("consent", FieldCodes.MustAgree);
        }

        // 2. Age. Without a database of addresses the country is not known.
        if (CheckAge(request.DateOfBirth, clock.GetUtcNow(), out var born) is { } tooYoung)
        {
            return tooYoung;
        }

        // 3. Passwords that everybody uses.
        if (request.Password is not null && await policy.IsTooCommonAsync(request.Password, cancellationToken))
        {
            return new FieldErrors("password", FieldCodes.PasswordIsTooCommon);
        }

        // 4. Limits.
        var client = ClientAddress.ClientOf(http);
        AttemptLimit[] limits = [new("register-ip", client.Address, PerIp, IpWindow)];
        var attempt = await attempts.CountRequestAsync(request.Email is { } address
            ? [new AttemptLimit("register-email", EmailAddress.Key(address), PerAddress, AddressWindow), .. limits]
            : limits);
        if (attempt.Wait is not null)
        {
            return RateLimitAnswer.For(attempt);
        }

        // 6. The address. Looked at before the password is hashed; the index decides in the end.
        if (request.Email is not null && await registrations.IsEmailTakenAsync(request.Email, cancellationToken))
        {
            return new FieldErrors("email", FieldCodes.EmailAlreadyInUse);
        }

        string? hash = null;
        if (request.Password is not null && (hash = await passwords.HashAsync(request.Password, cancellationToken)) is null)
        {
            return RateLimitAnswer.For(PasswordHasher.BusyWait);
        }

        // 7. The name, and everything at once.
        var registration = await registrations.CreateAsync(
            new NewUser
            {
                Username = request.Username,
                GlobalName = request.GlobalName,
                Email = request.Email,
                PasswordHash = hash,
                DateOfBirth = born,
                Locale = Locales.From(http.Request.Headers.AcceptLanguage),
                InviteCode = request.InviteCode,
            },
            SignInMethod.Register,
            client,
            cancellationToken);
        metrics.SignIn(SignInMethod.Register, registration is Registration.Done ? "ok" : "refused");
        return registration switch
        {
            Registration.Done { Session: var session } => TypedResults.Ok(new TokenResponse(session.Token, Snowflake.Text(session.UserId))),
            Registration.EmailTaken => new FieldErrors("email", FieldCodes.EmailAlreadyInUse),
            _ => new FieldErrors("username", FieldCodes.TooManyUsersWithThisUsername),
        };
    }

    private static RegisterAccountRequest Read(FormBody body)
    {
        var request = new RegisterAccountRequest
        {
            Email = body.OptionalEmail("email"),
            Username = body.OptionalUsername("username"),
            GlobalName = body.OptionalGlobalName("global_name"),
            Password = body.OptionalPassword("password"),
            DateOfBirth = body.Text("date_of_birth", 1, int.MaxValue),
            Consent = body.Bool("consent"),
            InviteCode = body.OptionalText("invite_code", 0, 256, nullable: true),
        };

        // Both make a claimed account, neither an unclaimed one; one alone is neither.
        if (body.Has("email") && !body.Has("password"))
        {
            body.Fault("password", FieldCodes.InvalidFormat);
        }
        else if (body.Has("password") && !body.Has("email"))
        {
            body.Fault("email", FieldCodes.InvalidFormat);
        }

        return request;
    }

    private static FieldErrors? CheckAge(string text, DateTimeOffset now, out DateOnly born)
    {
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out born)
            || born > DateOnly.FromDateTime(now.UtcDateTime))
        {
            return new FieldErrors("date_of_birth", FieldCodes.InvalidDateOfBirthFormat);
        }

        return Age.Of(born, now) < Age.MinimumIn(country: null) ? new FieldErrors("date_of_birth", FieldCodes.MustBeMinimumAge) : null;
    }
}

/// <summary>Who wants an account. A member may be left out, but not be empty.</summary>
public sealed record RegisterAccountRequest
{
    /// <summary>1–254 characters. With <c>password</c>, or neither.</summary>
    public string? Email { get; init; }

    /// <summary>1–32 of letters, digits and <c>_</c>. Default: made of the display name, else random.</summary>
    public string? Username { get; init; }

    /// <summary>1–32 characters of any script.</summary>
    public string? GlobalName { get; init; }

    /// <summary>8–256 characters, none of the most common.</summary>
    public string? Password { get; init; }

    /// <summary><c>YYYY-MM-DD</c>; 13 years ago or more.</summary>
    public required string DateOfBirth { get; init; }

    /// <summary>Agreement to the terms and the privacy policy: has to be true.</summary>
    public required bool Consent { get; init; }

    /// <summary>Up to 256 characters; may be null. Goes into the event, for whoever serves invitations.</summary>
    public string? InviteCode { get; init; }
}
