using IdentityAuth.Http;

namespace IdentityAuth;

/// <summary>Every way in which this service refuses, apart from the codes of fields (<see cref="FieldCodes"/>).</summary>
public static class IdentityAuthProblems
{
    // Shared by many operations (contract §1.5).
    public static readonly Problem InvalidFormBody = new(400, "INVALID_FORM_BODY", "A field is missing or wrong.");
    public static readonly Problem CaptchaRequired = new(400, "CAPTCHA_REQUIRED", "Solve the challenge first.");
    public static readonly Problem InvalidCaptcha = new(400, "INVALID_CAPTCHA", "The challenge was not solved.");
    public static readonly Problem Unauthorized = new(401, "UNAUTHORIZED", "Sign in first.");
    public static readonly Problem AccessDenied = new(403, "ACCESS_DENIED", "This is for people only.");
    public static readonly Problem SsoRequired = new(403, "SSO_REQUIRED", "Sign in with single sign-on.");
    public static readonly Problem SudoModeRequired = new(403, "SUDO_MODE_REQUIRED", "Prove again that it is you.");
    public static readonly Problem AccountSuspiciousActivity = new(403, "ACCOUNT_SUSPICIOUS_ACTIVITY", "Confirm your e-mail address or phone number first.");
    public static readonly Problem AccountSuspendedPermanently = new(403, "ACCOUNT_SUSPENDED_PERMANENTLY", "This account is closed for good.");
    public static readonly Problem AccountSuspendedTemporarily = new(403, "ACCOUNT_SUSPENDED_TEMPORARILY", "This account is suspended for a time.");
    public static readonly Problem IpBanned = new(403, "IP_BANNED", "Requests from this address are refused.");
    public static readonly Problem BotAccessDenied = new(403, "BOT_USER_AUTH_ENDPOINT_ACCESS_DENIED", "A bot does not sign in here.");
    public static readonly Problem UnknownUser = new(404, "UNKNOWN_USER", "This account is gone.");
    public static readonly Problem RateLimited = new(429, "RATE_LIMITED", "Too many requests; wait before the next one.");

    // What no operation answers itself.
    public static readonly Problem NotFound = new(404, "NOT_FOUND", "There is nothing here.");
    public static readonly Problem MethodNotAllowed = new(405, "METHOD_NOT_ALLOWED", "This path does not know this method.");
    public static readonly Problem PayloadTooLarge = new(413, "PAYLOAD_TOO_LARGE", "The body is larger than 64 KiB.");
    public static readonly Problem InternalServerError = new(500, "INTERNAL_SERVER_ERROR", "Something went wrong on our side.");
    public static readonly Problem ServiceUnavailable = new(503, "SERVICE_UNAVAILABLE", "The service cannot answer right now; try again shortly.");

    // New addresses (§3.4, §4).
    public static readonly Problem IpAuthorizationRequired = new(403, "IP_AUTHORIZATION_REQUIRED", "Confirm this new location; we have sent you a mail.");
    public static readonly Problem IpAuthorizationResendLimitExceeded = new(429, "IP_AUTHORIZATION_RESEND_LIMIT_EXCEEDED", "The mail was sent again before.");
    public static readonly Problem IpAuthorizationResendCooldown = new(429, "IP_AUTHORIZATION_RESEND_COOLDOWN", "Wait before the mail is sent again.");

    // Handoff (§6).
    public static readonly Problem InvalidToken = new(401, "INVALID_TOKEN", "This is no live session.");
    public static readonly Problem SessionTokenMismatch = new(400, "SESSION_TOKEN_MISMATCH", "The session belongs to somebody else.");
    public static readonly Problem InvalidHandoffCode = new(400, "INVALID_HANDOFF_CODE", "This code is wrong, used or expired.");
    public static readonly Problem HandoffCodeExpired = new(400, "HANDOFF_CODE_EXPIRED", "This code has expired.");

    /// <summary>The problem for a status that no operation answered itself.</summary>
    public static Problem ForStatus(int status) => status switch
    {
        404 => NotFound,
        405 => MethodNotAllowed,
        413 => PayloadTooLarge,
        429 => RateLimited,
        503 => ServiceUnavailable,
        >= 500 => InternalServerError,
        _ => InvalidFormBody with { Status = status },
    };
}
