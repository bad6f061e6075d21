namespace IdentityAuth.Domain;

/// <summary>The device that a session is made for.</summary>
/// <param name="Address">IPv4 or IPv6 in text.</param>
/// <param name="UserAgent">At most 512 characters.</param>
/// <param name="Platform"><c>web</c>, <c>desktop</c>, <c>mobile</c>, or nothing.</param>
internal sealed record ClientDevice(string Address, string? UserAgent, string? Platform)
{
    public const int MaximumUserAgentLength = 512;

    public override string ToString() => "(client)";
}

/// <summary>How somebody came to a session: member <c>method</c> of the event.</summary>
internal static class SignInMethod
{
    public const string Password = "password";
    public const string Totp = "totp";
    public const string Sms = "sms";
    public const string WebAuthn = "webauthn";
    public const string Passkey = "passkey";
    public const string Sso = "sso";
    public const string IpAuthorization = "ip_authorization";
    public const string Handoff = "handoff";
    public const string Reset = "reset";
    public const string Revert = "revert";
    public const string Register = "register";
    public const string PasswordChange = "password_change";
}
