using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;
using ScopeSigning.Signing;

namespace ScopeSigning.Features.Keys;

/// <summary>
/// Registers a person's key: the Authentiq API's <c>key_register</c>. Anybody may call it; the body is signed by the key itself.
/// Refuses what the token rules refuse, and a key that exists (409) or was revoked (410).
/// </summary>
public static class RegisterKey
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/key", HandleAsync)
        .WithName(nameof(RegisterKey))
        .WithSummary("Register a key")
        .WithDescription(
            "Registers the public key in the token's 'sub', optionally with a device token for push sign-in and a public encryption key. " +
            "The answer holds the revocation secret, which is shown this once.")
        .TakesToken("A self-signed AuthentiqID: claims 'sub', optionally 'devtoken', 'pk', and 'iat', 'exp', 'jti'.")
        .Answers<RegisterKeyResponse>(201, "Registered. The header Location names the key.")
        .Refuses(ScopeSigningProblems.BadRequest, ScopeSigningProblems.AuthError, ScopeSigningProblems.DuplicateKey, ScopeSigningProblems.RevokedKey)
        .RefusesTokenBodies();

    internal static async Task<IResult> HandleAsync(
        HttpRequest request, TokenGate gate, KeyStore keys, NonceStore nonces, SealedData sealedData, IssuerIdentity identity,
        CancellationToken cancellationToken)
    {
        if ((await gate.ReadAsync(request, AuthentiqIdProfile.Register, cancellationToken)).IsRefused(out var refusal, out var token))
        {
            return refusal.ToResult();
        }

        // Whether or not the token is a repeat. Nothing was stored so far, so strangers cannot fill the store.
        if (await keys.FindAsync(token.Subject, cancellationToken) is { } existing)
        {
            return Existing(existing);
        }

        await nonces.RecordRegistrationAsync(token);
        var untimedNonce = token.Times.IsUntimed ? Encoding.UTF8.GetBytes(token.Nonce) : null;
        var secret = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(32));
        var deviceToken = token.Claims.DeviceToken is { } device
            ? sealedData.Seal(device, SealedKind.DeviceToken, token.Subject.Text)
            : null;
        var registered = await keys.RegisterAsync(
            token.Subject, deviceToken, token.Claims.EncryptionKey, SHA256.HashData(Encoding.UTF8.GetBytes(secret)),
            nonces.SpentBy(token), untimedNonce, cancellationToken);
        if (!registered)
        {
            // Somebody was faster by a moment.
            return await keys.FindAsync(token.Subject, cancellationToken) is { } winner ? Existing(winner) : ScopeSigningProblems.Replayed.ToResult();
        }

        return TypedResults.Created(
            $"{identity.BaseUrl}/key/{token.Subject.Text}",
            new RegisterKeyResponse { Status = "registered", Secret = secret });
    }

    private static IResult Existing(KeyRow key) => key.IsRevoked
        ? TokenGate.RevokedKey.ToResult()
        : ScopeSigningProblems.DuplicateKey.ToResult("This key is registered already.");
}

/// <summary>A key was registered.</summary>
public sealed record RegisterKeyResponse
{
    /// <summary>Always <c>registered</c>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>The revocation secret: 32 random bytes as 43 base64url characters. Shown this once; keep it.</summary>
    [JsonPropertyName("secret")]
    public required string Secret { get; init; }
}
