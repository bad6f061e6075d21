using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Passwords;

namespace IdentityAuth.Http;

/// <summary>Sudo mode (contract §1.8): sensitive operations want proof that it is still the owner.</summary>
internal sealed class Sudo(SudoToken tokens, ISecondFactors factors, PasswordHasher passwords, AttemptLimiter attempts, IHostEnvironment environment)
{
    public const string HeaderName = "X-Fluxer-Sudo-Mode-JWT";

    /// <summary>What wrong passwords and codes of a signed-in account are counted in.</summary>
    public static AttemptLimit FailuresOf(User user) => new("sudo", Snowflake.Text(user.Id), 10, TimeSpan.FromMinutes(15));

    /// <summary>Verifies.</summary>
    /// <param name="user">The account, read for this request.</param>
    /// <param name="issuesToken">Whether the operation gives a sudo token out, or the one that it got back.</param>
    /// <param name="verifiedFactor">
    /// Asked first, with the proof at hand: for an operation whose own code is the same proof. Verifies it once for both.
    /// </param>
    /// <returns>The refusal, if there is one.</returns>
    public async ValueTask<IResult?> CheckAsync(
        HttpContext http,
        User user,
        SudoFields fields,
        CancellationToken cancellationToken,
        bool issuesToken = true,
        Func<FactorProof, ValueTask<bool>>? verifiedFactor = null)
    {
        var caller = http.Caller;

        // 1. A token from before.
        if (FindToken(http, user, caller) is { } known)
        {
            if (issuesToken)
            {
                Give(http, user, known);
            }

            return null;
        }

        // 2. A second factor.
        if (user.HasMfa && fields.MfaMethod is { } method)
        {
            var proof = new FactorProof(method, fields.MfaCode, fields.WebAuthnResponse, fields.WebAuthnChallenge);
            var (right, refusal) = await TryAsync(user, async () => verifiedFactor is null
                ? await factors.VerifySudoAsync(caller, user, proof, cancellationToken)
                : await verifiedFactor(proof));
            if (!right)
            {
                return refusal ?? new FieldErrors("mfa_code", FieldCodes.InvalidMfaCode);
            }

            if (issuesToken)
            {
                Give(http, user, tokens.Issue(caller));
            }

            return null;
        }

        // 3. Nothing to prove with.
        if (!user.HasMfa && !user.HasPassword)
        {
            return null;
        }

        // 4. The password, of an account that has no second factor. It gets no token.
        if (!user.HasMfa && fields.Password is { } password)
        {
            return await CheckPasswordAsync(user, password, cancellationToken);
        }

        // 5. No proof.
        return IdentityAuthProblems.SudoModeRequired.With(json => json.WriteBoolean("has_mfa"u8, user.HasMfa));
    }

    /// <summary>Whether the request carries a token that is good for it: then nothing else of its proof was looked at.</summary>
    public bool HasToken(HttpContext http, User user) => FindToken(http, user, http.Caller) is not null;

    /// <summary>Compares a password, within the limit of failures.</summary>
    /// <returns>The refusal, if there is one.</returns>
    public async ValueTask<IResult?> CheckPasswordAsync(User user, string password, CancellationToken cancellationToken)
    {
        var check = PasswordCheck.Wrong;
        var (_, refusal) = await TryAsync(user, async () =>
        {
            check = await passwords.VerifyAsync(user.PasswordHash, password, cancellationToken);
            return check != PasswordCheck.Wrong;
        });
        return refusal ?? check switch
        {
            PasswordCheck.Right => null,
            PasswordCheck.Busy => RateLimitAnswer.For(PasswordHasher.BusyWait),
            _ => new FieldErrors("password", FieldCodes.InvalidPassword),
        };
    }

    // Counted before it is checked and forgiven when right, so that parallel guesses cannot slip past the limit.
    private async ValueTask<(bool Right, IResult? Refusal)> TryAsync(User user, Func<ValueTask<bool>> check)
    {
        var attempt = await attempts.CountAsync(FailuresOf(user));
        if (attempt.Wait is not null)
        {
            return (false, RateLimitAnswer.For(attempt));
        }

        var right = await attempts.CheckAsync(attempt, check);
        if (right)
        {
            await attempts.ForgiveAsync(attempt);
        }

        return (right, null);
    }

    private string? FindToken(HttpContext http, User user, Caller caller)
    {
        var header = http.Request.Headers[HeaderName];
        var token = header.Count > 0 ? header.ToString() : user.HasMfa ? http.Request.Cookies[CookieOf(user)] : null;
        return tokens.IsValid(token, caller) ? token : null;
    }

    private void Give(HttpContext http, User user, string token)
    {
        http.Response.Headers[HeaderName] = token;
        http.Response.Cookies.Append(CookieOf(user), token, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            MaxAge = SudoToken.Lifetime,
            Secure = !environment.IsDevelopment(),
        });
    }

    private static string CookieOf(User user) => $"__flx_sudo_{Snowflake.Text(user.Id)}";
}
