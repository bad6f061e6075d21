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

    // Second factors and single sign-on (§3.5–3.8, §7, §8.3–8.6).
    public static readonly Problem SmsMfaNotEnabled = new(400, "SMS_MFA_NOT_ENABLED", "Text messages as a second factor: not in this state of the account.");
    public static readonly Problem PhoneRequiredForSmsMfa = new(400, "PHONE_REQUIRED_FOR_SMS_MFA", "The account has no phone number.");
    public static readonly Problem SmsMfaRequiresTotp = new(400, "SMS_MFA_REQUIRES_TOTP", "Set up an authenticator app first.");
    public static readonly Problem SmsVerificationUnavailable = new(400, "SMS_VERIFICATION_UNAVAILABLE", "Text messages cannot be sent here.");
    public static readonly Problem PhoneAlreadyUsed = new(400, "PHONE_ALREADY_USED", "Another account has this phone number.");
    public static readonly Problem InvalidPhoneNumber = new(400, "INVALID_PHONE_NUMBER", "Nothing can be sent to this phone number.");
    public static readonly Problem InvalidPhoneVerificationCode = new(400, "INVALID_PHONE_VERIFICATION_CODE", "The code is wrong, used or expired.");
    public static readonly Problem PhoneVerificationRequired = new(400, "PHONE_VERIFICATION_REQUIRED", "Confirm the phone number first.");
    public static readonly Problem TwoFaNotEnabled = new(400, "TWO_FA_NOT_ENABLED", "The account has an authenticator app already.");
    public static readonly Problem TwoFactorRequired = new(400, "TWO_FACTOR_REQUIRED", "The account has no authenticator app.");
    public static readonly Problem NoPasskeysRegistered = new(400, "NO_PASSKEYS_REGISTERED", "The account has no security key.");
    public static readonly Problem WebAuthnCredentialLimitReached = new(400, "WEBAUTHN_CREDENTIAL_LIMIT_REACHED", "The account has ten security keys already.");
    public static readonly Problem InvalidWebAuthnCredential = new(400, "INVALID_WEBAUTHN_CREDENTIAL", "The security key could not be added.");
    public static readonly Problem UnknownWebAuthnCredential = new(404, "UNKNOWN_WEBAUTHN_CREDENTIAL", "The account has no such security key.");
    public static readonly Problem PasskeyAuthenticationFailed = new(401, "PASSKEY_AUTHENTICATION_FAILED", "The security key could not be verified.");
    public static readonly Problem FeatureTemporarilyDisabled = new(403, "FEATURE_TEMPORARILY_DISABLED", "Single sign-on is not available.");
    public static readonly Problem EmailVerificationRequired = new(403, "EMAIL_VERIFICATION_REQUIRED", "The provider has not verified the e-mail address.");

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
