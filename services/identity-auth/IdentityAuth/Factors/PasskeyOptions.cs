using System.Buffers.Text;
using System.Text.Json.Serialization;
using IdentityAuth.Data;
using IdentityAuth.Domain.Passkeys;

namespace IdentityAuth.Factors;

#pragma warning disable CA1819 // Records on their way to JSON.

/// <summary>A credential that is named to a browser (WebAuthn Level 3 §5.8.3).</summary>
/// <param name="Id">Its id, base64url.</param>
/// <param name="Transports">How it can be reached, as it once said.</param>
public sealed record CredentialDescriptor(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("transports"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Transports)
{
    [JsonPropertyName("type")]
    public string Type { get; } = "public-key";

    internal static CredentialDescriptor Of(CredentialInfo credential)
        => new(Base64Url.EncodeToString(credential.Id), credential.Transports.Count > 0 ? credential.Transports : null);
}

/// <summary>What <c>navigator.credentials.get()</c> is called with (contract §1.9): names as in the browser's API.</summary>
/// <param name="Challenge">32 random bytes, base64url; five minutes, one use.</param>
/// <param name="RpId">The relying party's id.</param>
/// <param name="AllowCredentials">The credentials that may answer; missing: any passkey.</param>
public sealed record PasskeyRequestOptions(
    [property: JsonPropertyName("challenge")] string Challenge,
    [property: JsonPropertyName("rpId")] string RpId,
    [property: JsonPropertyName("allowCredentials"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<CredentialDescriptor>? AllowCredentials)
{
    /// <summary>Milliseconds.</summary>
    [JsonPropertyName("timeout")]
    public int Timeout { get; } = 60_000;

    [JsonPropertyName("userVerification")]
    public string UserVerification { get; } = "required";
}

/// <summary>What <c>navigator.credentials.create()</c> is called with (contract §8.6).</summary>
public sealed record PasskeyCreationOptions
{
    /// <summary>32 random bytes, base64url; five minutes, one use.</summary>
    [JsonPropertyName("challenge")]
    public required string Challenge { get; init; }

    [JsonPropertyName("rp")]
    public required PasskeyRelyingParty Rp { get; init; }

    [JsonPropertyName("user")]
    public required PasskeyUser User { get; init; }

    /// <summary>The algorithms that are understood, the preferred first.</summary>
    [JsonPropertyName("pubKeyCredParams")]
    public IReadOnlyList<PasskeyAlgorithm> Algorithms { get; } = [.. CoseKey.Algorithms.Select(algorithm => new PasskeyAlgorithm(algorithm))];

    /// <summary>Milliseconds.</summary>
    [JsonPropertyName("timeout")]
    public int Timeout { get; } = 60_000;

    [JsonPropertyName("attestation")]
    public string Attestation { get; } = "none";

    /// <summary>The account's credentials: an authenticator that holds one of them does not make another.</summary>
    [JsonPropertyName("excludeCredentials")]
    public required IReadOnlyList<CredentialDescriptor> ExcludeCredentials { get; init; }

    [JsonPropertyName("authenticatorSelection")]
    public PasskeyAuthenticatorSelection AuthenticatorSelection { get; } = new();
}

/// <param name="Name">What the authenticator shows.</param>
/// <param name="Id">A domain.</param>
public sealed record PasskeyRelyingParty([property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("id")] string Id);

/// <param name="Id">The user handle: the bytes of the account's id in decimal digits, base64url.</param>
/// <param name="Name">What tells accounts of one person apart.</param>
/// <param name="DisplayName">What the authenticator shows.</param>
public sealed record PasskeyUser(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("displayName")] string DisplayName);

/// <param name="Algorithm">COSE algorithm identifier.</param>
public sealed record PasskeyAlgorithm([property: JsonPropertyName("alg")] int Algorithm)
{
    [JsonPropertyName("type")]
    public string Type { get; } = "public-key";
}

/// <summary>A passkey that can be found without naming the account, and that verifies its user.</summary>
public sealed record PasskeyAuthenticatorSelection
{
    [JsonPropertyName("residentKey")]
    public string ResidentKey { get; } = "required";

    [JsonPropertyName("requireResidentKey")]
    public bool RequireResidentKey { get; } = true;

    [JsonPropertyName("userVerification")]
    public string UserVerification { get; } = "required";
}
