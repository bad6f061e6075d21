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

/// <summary>The sudo fields, for the description of operations that take them, alone or with others (contract §1.8).</summary>
public record SudoRequest
{
    /// <summary>The password, of an account without second factors.</summary>
    public string? Password { get; init; }

    /// <summary><c>totp</c>, <c>sms</c> or <c>webauthn</c>.</summary>
    public string? MfaMethod { get; init; }

    /// <summary>The code; with <c>totp</c> a backup code as well.</summary>
    public string? MfaCode { get; init; }

    /// <summary>The assertion, with <c>webauthn</c>.</summary>
    public JsonElement? WebauthnResponse { get; init; }

    /// <summary>The challenge that it answers.</summary>
    public string? WebauthnChallenge { get; init; }

    public sealed override string ToString() => "(sudo fields)";
}
