using IdentityAuth.Data;

namespace IdentityAuth.Http;

/// <summary>The buckets of contract §2 and §8. Operations that name the same one share it.</summary>
internal static class Buckets
{
    public static readonly RateLimitBucket Register = PerTenSeconds("register", 10);
    public static readonly RateLimitBucket Login = PerTenSeconds("login", 10);
    public static readonly RateLimitBucket LoginMfa = PerMinute("login-mfa", 5);
    public static readonly RateLimitBucket Logout = PerTenSeconds("logout", 20);
    public static readonly RateLimitBucket Sessions = PerTenSeconds("sessions", 40);
    public static readonly RateLimitBucket SessionsLogout = PerTenSeconds("sessions-logout", 20);
    public static readonly RateLimitBucket Verify = PerMinute("verify", 10);
    public static readonly RateLimitBucket VerifyResend = PerMinute("verify-resend", 10);
    public static readonly RateLimitBucket Forgot = PerMinute("forgot", 5);
    public static readonly RateLimitBucket Reset = PerMinute("reset", 10);
    public static readonly RateLimitBucket EmailRevert = PerMinute("email-revert", 10);
    public static readonly RateLimitBucket AuthorizeIp = PerMinute("authorize-ip", 5);
    public static readonly RateLimitBucket ResendIpAuthorization = PerMinute("ip-authorization-resend", 5);
    public static readonly RateLimitBucket PollIpAuthorization = PerMinute("ip-authorization-poll", 60);
    public static readonly RateLimitBucket WebAuthnOptions = PerTenSeconds("webauthn-options", 20);
    public static readonly RateLimitBucket WebAuthn = PerTenSeconds("webauthn", 10);
    public static readonly RateLimitBucket HandoffInitiate = PerMinute("handoff-initiate", 10);
    public static readonly RateLimitBucket HandoffComplete = PerMinute("handoff-complete", 10);
    public static readonly RateLimitBucket HandoffStatus = PerMinute("handoff-status", 60);
    public static readonly RateLimitBucket HandoffInfo = PerMinute("handoff-info", 10);
    public static readonly RateLimitBucket HandoffCancel = PerMinute("handoff-cancel", 10);
    public static readonly RateLimitBucket SsoStart = PerTenSeconds("sso-start", 10);
    public static readonly RateLimitBucket SsoComplete = PerTenSeconds("sso-complete", 15);
    public static readonly RateLimitBucket Token = PerMinute("token", 30);

    public static readonly RateLimitBucket UserRead = PerTenSeconds("user-read", 100);
    public static readonly RateLimitBucket UserUpdate = PerMinute("user-update", 20);
    public static readonly RateLimitBucket SudoMethods = PerMinute("sudo-methods", 20);
    public static readonly RateLimitBucket SudoSms = PerMinute("sudo-sms", 5);
    public static readonly RateLimitBucket SudoWebAuthn = PerMinute("sudo-webauthn", 10);
    public static readonly RateLimitBucket TotpEnable = PerMinute("totp-enable", 10);
    public static readonly RateLimitBucket TotpDisable = PerMinute("totp-disable", 10);
    public static readonly RateLimitBucket BackupCodes = PerMinute("backup-codes", 6);
    public static readonly RateLimitBucket PhoneSend = PerMinute("phone-send", 5);
    public static readonly RateLimitBucket PhoneVerify = PerMinute("phone-verify", 10);
    public static readonly RateLimitBucket PhoneAdd = PerMinute("phone-add", 10);
    public static readonly RateLimitBucket PhoneRemove = PerMinute("phone-remove", 10);
    public static readonly RateLimitBucket SmsEnable = PerMinute("sms-enable", 10);
    public static readonly RateLimitBucket SmsDisable = PerMinute("sms-disable", 10);
    public static readonly RateLimitBucket CredentialList = PerTenSeconds("webauthn-list", 40);
    public static readonly RateLimitBucket CredentialOptions = PerTenSeconds("webauthn-registration-options", 20);
    public static readonly RateLimitBucket CredentialRegister = PerMinute("webauthn-register", 10);
    public static readonly RateLimitBucket CredentialUpdate = PerTenSeconds("webauthn-update", 20);
    public static readonly RateLimitBucket CredentialDelete = PerMinute("webauthn-delete", 10);
    public static readonly RateLimitBucket ForgetIps = PerMinute("forget-ips", 10);
    public static readonly RateLimitBucket EmailChangeStart = PerMinute("email-change-start", 10);
    public static readonly RateLimitBucket EmailChangeResendOriginal = PerMinute("email-change-resend-original", 10);
    public static readonly RateLimitBucket EmailChangeVerifyOriginal = PerMinute("email-change-verify-original", 20);
    public static readonly RateLimitBucket EmailChangeRequestNew = PerMinute("email-change-request-new", 10);
    public static readonly RateLimitBucket EmailChangeResendNew = PerMinute("email-change-resend-new", 10);
    public static readonly RateLimitBucket EmailChangeVerifyNew = PerMinute("email-change-verify-new", 20);
    public static readonly RateLimitBucket PasswordChangeStart = PerMinute("password-change-start", 10);
    public static readonly RateLimitBucket PasswordChangeResend = PerMinute("password-change-resend", 10);
    public static readonly RateLimitBucket PasswordChangeVerify = PerMinute("password-change-verify", 20);
    public static readonly RateLimitBucket PasswordChangeComplete = PerMinute("password-change-complete", 10);
    public static readonly RateLimitBucket Disable = new("disable", 5, TimeSpan.FromHours(1));
    public static readonly RateLimitBucket Delete = new("delete", 5, TimeSpan.FromHours(1));
    public static readonly RateLimitBucket Instance = PerMinute("instance", 60);

    private static RateLimitBucket PerTenSeconds(string name, int limit) => new(name, limit, TimeSpan.FromSeconds(10));

    private static RateLimitBucket PerMinute(string name, int limit) => new(name, limit, TimeSpan.FromMinutes(1));
}
