using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdentityAuth.Http;

/// <summary>The sudo fields (contract §1.8), for the description: all are optional, and none is needed with a sudo token.</summary>
public record SudoRequest
{
    /// <summary>The password, of an account without a second factor.</summary>
    public string? Password { get; init; }

    /// <summary><c>totp</c>, <c>sms</c> or <c>webauthn</c>.</summary>
    public string? MfaMethod { get; init; }

    /// <summary>What the app shows, a backup code, or what came by text message.</summary>
    public string? MfaCode { get; init; }

    /// <summary>With <c>webauthn</c>: the assertion.</summary>
    [JsonPropertyName("webauthn_response")]
    public JsonElement? WebAuthnResponse { get; init; }

    /// <summary>With <c>webauthn</c>: the challenge that it answers.</summary>
    [JsonPropertyName("webauthn_challenge")]
    public string? WebAuthnChallenge { get; init; }

    public sealed override string ToString() => "(sudo request)";
}
