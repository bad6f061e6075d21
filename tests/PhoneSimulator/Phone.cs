using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PhoneSimulator;

/// <summary>
/// The phone's side of a pairing: it reads the QR code, announces its key, and proves that it holds the private one. Nothing is printed; what goes
/// over the wire can be watched with a handler of the <see cref="HttpClient"/>.
/// </summary>
public sealed class Phone : IDisposable
{
    private readonly HttpClient gateway;
    private readonly ECDsa key;

    /// <param name="gateway">Client whose base address is the gateway. Stays the caller's.</param>
    /// <param name="qrContent">Text of the QR code: the pairing token, a compact JWT.</param>
    /// <param name="key">The device's P-256 key, from here on the phone's; a new one when missing.</param>
    /// <exception cref="FormatException">The QR code holds no compact JWT.</exception>
    public Phone(HttpClient gateway, string qrContent, ECDsa? key = null)
    {
        ArgumentNullException.ThrowIfNull(qrContent);
        Token = qrContent.Trim();
        Claims = ReadClaims(Token);
        this.gateway = gateway;
        this.key = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
    }

    /// <summary>Chosen by the phone, 1–128 characters.</summary>
    public string DeviceId { get; init; } = $"android:{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";

    public string DisplayName { get; init; } = "Simulated phone";

    /// <summary>Token of the push provider, under which this phone can be woken.</summary>
    public string PushToken { get; init; } = $"simulated:{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}";

    /// <summary><c>ANDROID</c> or <c>IOS</c>.</summary>
    public string Platform { get; init; } = "ANDROID";

    /// <summary>The pairing token, a compact JWT: whoever has it is taken for this phone.</summary>
    public string Token { get; }

    /// <summary>Claims of the pairing token, read without verifying: the phone has no key to do so.</summary>
    public JsonElement Claims { get; }

    /// <summary>Id of the pairing, claim <c>jti</c>; empty when the token has none.</summary>
    public string PairingId => Claims.TryGetProperty("jti", out var id) ? id.ToString() : "";

    /// <summary>The public key as PEM of its SubjectPublicKeyInfo.</summary>
    public string PublicKey => key.ExportSubjectPublicKeyInfoPem();

    /// <summary>Announces the phone and its key.</summary>
    /// <returns>What has to be signed.</returns>
    /// <exception cref="GatewayRefusalException">The pairing is not open, or a field is not accepted.</exception>
    public async Task<PairingChallenge> InitAsync(CancellationToken cancellationToken = default)
    {
        var answer = await gateway.SendJsonAsync(HttpMethod.Post, "mobile/v1/pairing/init", Credential, new
        {
            deviceId = DeviceId,
            displayName = DisplayName,
            publicKey = PublicKey,
            fcmToken = PushToken,
            platform = Platform,
            osVersion = "16",
            model = "PhoneSimulator",
        }, cancellationToken);
        return new(
            answer.GetProperty("nonce").GetString()!,
            DateTimeOffset.FromUnixTimeSeconds(answer.GetProperty("expiresAt").GetInt64()),
            answer.GetProperty("username").GetString()!);
    }

    /// <summary>Does the rest as a phone does it: fetches the service's encryption key, builds the data token, signs the nonce, completes.</summary>
    /// <exception cref="GatewayRefusalException">The proof was not accepted, or came too late.</exception>
    public async Task CompleteAsync(PairingChallenge challenge, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(challenge);
        var encryptionKey = await GetEncryptionKeyAsync(cancellationToken);
        await CompleteAsync(CreateDataToken(encryptionKey), Sign(challenge.Nonce), cancellationToken);
    }

    /// <summary>Completes with a data token and a signature of the caller's making, right or wrong.</summary>
    /// <exception cref="GatewayRefusalException">The proof was not accepted, or came too late.</exception>
    public Task CompleteAsync(string dataToken, string signature, CancellationToken cancellationToken = default)
        => gateway.SendJsonAsync(HttpMethod.Post, "mobile/v1/pairing/complete", Credential, new { dataToken, signature }, cancellationToken);

    /// <summary>The key to encrypt to: the one at index 0 of the service's key set, whatever its <c>use</c> and <c>kid</c>, as published phones do it.</summary>
    public async Task<JsonElement> GetEncryptionKeyAsync(CancellationToken cancellationToken = default)
    {
        var keySet = await gateway.SendJsonAsync(HttpMethod.Get, ".well-known/jwks.json", credential: null, body: null, cancellationToken);
        return keySet.GetProperty("keys")[0];
    }

    /// <summary>
    /// The data token: a JWS (ES256, this phone's key) with the reference measurement, inside a JWE (ECDH-ES, A256GCM) for the service.
    /// </summary>
    /// <param name="encryptionKey">Public JWK of the service, EC P-256.</param>
    /// <param name="referenceEcg">The measurement, one array of numbers per lead; a made-up heartbeat when missing.</param>
    public string CreateDataToken(JsonElement encryptionKey, IReadOnlyList<IReadOnlyList<double>>? referenceEcg = null)
    {
        var header = Base64Url.EncodeToString("{\"alg\":\"ES256\"}"u8);
        var payload = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new { refEcg = referenceEcg ?? Heartbeat.Leads() }));
        return DataTokenEncryption.Encrypt($"{header}.{payload}.{Sign($"{header}.{payload}")}", encryptionKey);
    }

    /// <summary>
    /// ECDSA P-256 over SHA-256 of the text's own octets, so for the nonce over its 44 characters, not over what they decode to. Raw r‖s, 64 octets, as
    /// base64url without padding.
    /// </summary>
    public string Sign(string text)
        => Base64Url.EncodeToString(key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    public void Dispose() => key.Dispose();

    private (string Name, string Value) Credential => ("Authorization", $"Bearer {Token}");

    private static JsonElement ReadClaims(string token)
    {
        try
        {
            return token.Split('.') is [{ Length: > 0 }, { Length: > 0 } payload, { Length: > 0 }]
                && JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(payload)) is { ValueKind: JsonValueKind.Object } claims
                    ? claims
                    : throw new FormatException("The QR code must hold three parts with dots between them, a compact JWT.");
        }
        catch (JsonException exception)
        {
            throw new FormatException("The QR code holds no JWT: its second part is not JSON.", exception);
        }
    }
}
