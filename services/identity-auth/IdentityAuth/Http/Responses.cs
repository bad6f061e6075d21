using System.Text.Json.Serialization;
using IdentityAuth.Domain;

namespace IdentityAuth.Http;

/// <summary>A new session.</summary>
/// <param name="Token">The session token: goes bare into the header <c>Authorization</c>. Not kept by the service.</param>
/// <param name="UserId">The account.</param>
public sealed record TokenResponse(string Token, string UserId);

/// <summary>The password was right; a second factor is still needed.</summary>
public sealed record MfaRequiredResponse
{
    /// <summary>Always <see langword="true"/>.</summary>
    public bool Mfa { get; } = true;

    /// <summary>64 letters and digits, for the next step; 5 minutes.</summary>
    public required string Ticket { get; init; }

    /// <summary>Of <c>totp</c>, <c>sms</c>, <c>webauthn</c>.</summary>
    public required IReadOnlyList<string> AllowedMethods { get; init; }

    /// <summary><c>****</c> and the phone number's last four digits.</summary>
    public required string? SmsPhoneHint { get; init; }

    /// <summary>Whether TOTP is on.</summary>
    public required bool Totp { get; init; }

    /// <summary>Whether SMS is on.</summary>
    public required bool Sms { get; init; }

    /// <summary>Whether a security key is registered.</summary>
    [JsonPropertyName("webauthn")]
    public required bool WebAuthn { get; init; }

    internal static MfaRequiredResponse For(User user, string ticket)
    {
        var (totp, sms, webAuthn) = (
            user.Authenticators.HasFlag(AuthenticatorTypes.Totp),
            user.Authenticators.HasFlag(AuthenticatorTypes.Sms),
            user.Authenticators.HasFlag(AuthenticatorTypes.WebAuthn));
        return new MfaRequiredResponse
        {
            Ticket = ticket,
            AllowedMethods = [.. totp ? ["totp"] : Array.Empty<string>(), .. sms ? ["sms"] : Array.Empty<string>(), .. webAuthn ? ["webauthn"] : Array.Empty<string>()],
            SmsPhoneHint = user.Phone is { } phone ? PhoneNumber.Hint(phone) : null,
            Totp = totp,
            Sms = sms,
            WebAuthn = webAuthn,
        };
    }
}
