using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using IdentityAuth.Sso;

namespace IdentityAuth.Features.Sso;

/// <summary>
/// Ends a sign-in at the provider (contract §7.3): the code becomes an ID token, the token an account, the account a session. Local second
/// factors and the check of the address do not apply: the provider has its own.
/// </summary>
public static class CompleteSso
{
    private const int MaximumCodeLength = 2048;

    /// <summary>Stands in a record of failure for the account that nobody has named.</summary>
    private const string NoAccount = "sso";

    // Anonymous: it is a way to sign in.
    public static void Map(RouteGroupBuilder group) => group.MapPost("/sso/complete", HandleAsync)
        .WithName(nameof(CompleteSso))
        .WithSummary("Complete single sign-on")
        .WithDescription("With what the provider sent the browser back with. An account is found by the provider's own id for the person, else by an e-mail "
            + "address that the provider has verified, else made. Field codes: `INVALID_FORMAT` on `state`, `code` or `id_token`, "
            + "`INVALID_EMAIL_ADDRESS` on `email`.")
        .Limited(Buckets.SsoComplete)
        .Takes<CompleteSsoRequest>()
        .Answers<CompleteSsoResponse>(StatusCodes.Status200OK, "Signed in.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.FeatureTemporarilyDisabled, IdentityAuthProblems.SsoRequired,
            IdentityAuthProblems.EmailVerificationRequired, IdentityAuthProblems.AccountSuspendedPermanently, IdentityAuthProblems.AccountSuspendedTemporarily);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, SsoProvider provider, SsoStates states, SsoClient client, SsoAccounts accounts, SignInFailures failures, IdentityAuthOptions options,
        IdentityAuthMetrics metrics, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (code, stateName) = (body.Text("code", 1, MaximumCodeLength), body.Text("state"));
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (await provider.FindAsync(cancellationToken) is not { } metadata)
        {
            return IdentityAuthProblems.FeatureTemporarilyDisabled;
        }

        // 1. The state, used up whatever comes of it.
        if (await states.TakeAsync(stateName) is not { } state)
        {
            return new FieldErrors("state", FieldCodes.InvalidFormat);
        }

        // 2. The code and what the provider says for it. A provider that is away is an outage, nobody's fault.
        SsoIdentity? identity;
        SsoFault fault;
        try
        {
            (identity, fault) = await client.RedeemAsync(metadata, code, state.Verifier, state.Nonce, provider.RedirectUri, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException)
        {
            return IdentityAuthProblems.ServiceUnavailable;
        }

        if (identity is null)
        {
            metrics.SignIn(SignInMethod.Sso, "credentials");
            await failures.RecordAsync(NoAccount, null, ClientAddress.Of(http), "credentials", cancellationToken);
            return new FieldErrors(fault == SsoFault.Code ? "code" : "id_token", FieldCodes.InvalidFormat);
        }

        // 3. An address of an allowed domain.
        if (identity.Email is not { } email || EmailAddress.Check(email) != EmailFault.None || !IsAllowed(email, options.Sso.AllowedDomains))
        {
            metrics.SignIn(SignInMethod.Sso, "refused");
            await failures.RecordAsync(identity.Email ?? NoAccount, null, ClientAddress.Of(http), "email", cancellationToken);
            return new FieldErrors("email", FieldCodes.InvalidEmailAddress);
        }

        // 4. The account.
        var (session, refusal) = await accounts.SignInAsync(
            identity, email, ClientAddress.ClientOf(http), Locales.From(http.Request.Headers.AcceptLanguage), cancellationToken);
        metrics.SignIn(SignInMethod.Sso, session is null ? "refused" : "ok");
        return session is null
            ? refusal!
            : TypedResults.Ok(new CompleteSsoResponse(session.Token, Snowflake.Text(session.UserId), state.RedirectTo));
    }

    private static bool IsAllowed(string email, IList<string> domains)
        => domains.Count == 0 || domains.Contains(email[(email.LastIndexOf('@') + 1)..], StringComparer.OrdinalIgnoreCase);
}

/// <summary>What the provider sent the browser back with. Unknown members are ignored.</summary>
/// <param name="Code">1–2048 characters.</param>
/// <param name="State">From the beginning.</param>
public sealed record CompleteSsoRequest(string Code, string State)
{
    public override string ToString() => "(code)";
}

/// <summary>A new session.</summary>
/// <param name="Token">The session token.</param>
/// <param name="UserId">The account.</param>
/// <param name="RedirectTo">The path from the beginning, or empty.</param>
public sealed record CompleteSsoResponse(string Token, string UserId, string RedirectTo)
{
    public override string ToString() => "(session)";
}
