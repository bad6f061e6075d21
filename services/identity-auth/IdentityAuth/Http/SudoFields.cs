using System.Text.Json;

namespace IdentityAuth.Http;

/// <summary>The members that every sensitive operation takes beside its own (contract §1.8).</summary>
internal sealed record SudoFields(string? Password, string? MfaMethod, string? MfaCode, JsonElement? WebAuthnResponse, string? WebAuthnChallenge)
{
    public static SudoFields Read(FormBody body) => new(
        body.OptionalPassword("password"),
        body.OptionalWord("mfa_method", "totp", "sms", "webauthn"),
        body.OptionalText("mfa_code", 1, 32),
        body.OptionalObject("webauthn_response"),
        body.OptionalText("webauthn_challenge"));

    public override string ToString() => "(sudo fields)";
}
