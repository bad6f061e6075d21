using IdentityAuth.Data;

namespace IdentityAuth.Http;

/// <summary>Who may call an operation (contract §1.4).</summary>
internal enum SessionNeed
{
    /// <summary>Anybody.</summary>
    None,

    /// <summary>A live session.</summary>
    Session,

    /// <summary>A live session of an account without suspicious-activity flags.</summary>
    Unsuspicious,
}

/// <summary>What <see cref="OperationGate"/> checks before an operation runs.</summary>
/// <param name="IsLocalSignIn">Refused while single sign-on is enforced: "L" in contract §2.</param>
/// <param name="NeedsCaptcha">"C" in contract §2.</param>
internal sealed record OperationPolicy(SessionNeed Session, bool IsLocalSignIn, bool NeedsCaptcha, RateLimitBucket? Bucket)
{
    public static readonly OperationPolicy Open = new(SessionNeed.None, IsLocalSignIn: false, NeedsCaptcha: false, Bucket: null);
}

/// <summary>How an operation declares its policy.</summary>
internal static class OperationPolicyExtensions
{
    /// <summary>The bucket that the operation is counted in.</summary>
    public static RouteHandlerBuilder Limited(this RouteHandlerBuilder route, RateLimitBucket bucket)
        => route.Policy(policy => policy with { Bucket = bucket }).Refuses(IdentityAuthProblems.RateLimited);

    /// <summary>Any person with a session, also with suspicious-activity flags.</summary>
    public static RouteHandlerBuilder NeedsSession(this RouteHandlerBuilder route)
        => route.Policy(policy => policy with { Session = SessionNeed.Session })
            .IsSecuredBy(SecuritySchemes.Session)
            .Refuses(IdentityAuthProblems.Unauthorized, IdentityAuthProblems.AccessDenied);

    /// <summary>Any person with a session and without suspicious-activity flags.</summary>
    public static RouteHandlerBuilder NeedsUnsuspiciousSession(this RouteHandlerBuilder route)
        => route.NeedsSession()
            .Policy(policy => policy with { Session = SessionNeed.Unsuspicious })
            .Refuses(IdentityAuthProblems.AccountSuspiciousActivity);

    /// <summary>Part of signing in without single sign-on.</summary>
    public static RouteHandlerBuilder IsLocalSignIn(this RouteHandlerBuilder route)
        => route.Policy(policy => policy with { IsLocalSignIn = true }).Refuses(IdentityAuthProblems.SsoRequired);

    /// <summary>Needs the solution of a challenge, when that is switched on.</summary>
    public static RouteHandlerBuilder NeedsCaptcha(this RouteHandlerBuilder route)
        => route.Policy(policy => policy with { NeedsCaptcha = true })
            .HasHeader("X-Captcha-Token", "The solution of the challenge, when challenges are switched on.")
            .HasHeader("X-Captcha-Type", "`hcaptcha` or `turnstile`.")
            .Refuses(IdentityAuthProblems.CaptchaRequired, IdentityAuthProblems.InvalidCaptcha);

    private static RouteHandlerBuilder Policy(this RouteHandlerBuilder route, Func<OperationPolicy, OperationPolicy> change)
    {
        route.Add(endpoint =>
        {
            var policy = endpoint.Metadata.OfType<OperationPolicy>().LastOrDefault() ?? OperationPolicy.Open;
            endpoint.Metadata.Add(change(policy));
        });
        return route;
    }
}
