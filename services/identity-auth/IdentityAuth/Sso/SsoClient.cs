using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IdentityAuth.Sso;

/// <summary>Why a sign-in at the provider came to nothing.</summary>
internal enum SsoFault
{
    /// <summary>The token endpoint refused the code.</summary>
    Code,

    /// <summary>The ID token, or what the userinfo endpoint says, does not hold.</summary>
    IdToken,
}

/// <summary>Whom the provider vouches for.</summary>
internal sealed record SsoIdentity(string Issuer, string Subject, string? Email, bool EmailVerified, string? Name);

/// <summary>
/// Redeems an authorization code (OpenID Connect Core 1.0 §3.1.3 with RFC 7636) and checks what comes back (§3.1.3.7, §5.3.2).
/// </summary>
internal sealed class SsoClient(IdentityAuthOptions options, SsoProvider provider, ProviderDocuments documents, TimeProvider clock)
{
    /// <summary>Clocks may differ by this (contract §7.3).</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(10);

    /// <summary>§2, <c>sub</c>: at most 255 ASCII characters.</summary>
    private const int MaximumSubjectLength = 255;

    // Asymmetric ones only: with HS256 the public key would be the secret (RFC 8725 §3.1).
    private static readonly string[] Algorithms =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = 64 * 1024, MapInboundClaims = false };

    /// <summary>Redeems a code.</summary>
    /// <exception cref="HttpRequestException">The provider cannot be reached or is out of order: neither code nor token is to blame.</exception>
    /// <exception cref="TimeoutException">It takes too long.</exception>
    public async Task<(SsoIdentity? Identity, SsoFault Fault)> RedeemAsync(
        ProviderMetadata metadata, string code, string verifier, string nonce, string redirectUri, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, metadata.TokenUrl)
        {
            Content = new FormUrlEncodedContent(
            [
                new("grant_type", "authorization_code"),
                new("code", code),
                new("redirect_uri", redirectUri),
                new("client_id", options.Sso.ClientId!),
                new("code_verifier", verifier),
            ]),
        };
        if (!string.IsNullOrEmpty(options.Sso.ClientSecret))
        {
            // RFC 6749 §2.3.1: form-encoded before they are joined.
            var pair = $"{FormEncode(options.Sso.ClientId!)}:{FormEncode(options.Sso.ClientSecret)}";
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
        }

        var (status, body) = await documents.SendAsync(request, cancellationToken);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            throw new HttpRequestException($"The token endpoint answered {status}.");
        }

        if (status != StatusCodes.Status200OK || body is not { } answer || answer.Text("id_token") is not { } idToken)
        {
            return (null, SsoFault.Code);
        }

        var identity = await ReadIdTokenAsync(metadata, idToken, nonce, cancellationToken);
        if (identity is not null && metadata.UserInfoUrl is { } userInfoUrl)
        {
            identity = answer.Text("access_token") is { } accessToken
                ? Merge(identity, await documents.GetAsync(userInfoUrl, accessToken, cancellationToken))
                : null;
        }

        return (identity, SsoFault.IdToken);
    }

    private async Task<SsoIdentity?> ReadIdTokenAsync(ProviderMetadata metadata, string idToken, string nonce, CancellationToken cancellationToken)
    {
        JsonWebToken unverified;
        try
        {
            unverified = Handler.ReadJsonWebToken(idToken);
        }
        catch (ArgumentException)
        {
            // Covers SecurityTokenMalformedException.
            return null;
        }

        var clientId = options.Sso.ClientId!;
        var result = await Handler.ValidateTokenAsync(idToken, new TokenValidationParameters
        {
            ValidAlgorithms = Algorithms,
            IssuerSigningKeys = await provider.FindKeysAsync(metadata, unverified.Kid, cancellationToken),
            RequireSignedTokens = true,
            ValidIssuer = metadata.Issuer,
            ValidAudience = clientId,
            LifetimeValidator = IsAlive,
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken token)
        {
            return null;
        }

        // Steps 4 and 5: a token for several parties says for whom it was made.
        var isForUs = token.TryGetPayloadValue<string>("azp", out var party) ? party == clientId : token.Audiences.Count() == 1;
        // Step 11.
        var answersUs = token.TryGetPayloadValue<string>("nonce", out var given)
            && System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(nonce));
        if (!isForUs || !answersUs || token.Subject is not { Length: > 0 and <= MaximumSubjectLength } subject)
        {
            return null;
        }

        using var claims = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        return new SsoIdentity(
            metadata.Issuer, subject, claims.RootElement.Text("email"), claims.RootElement.IsTrue("email_verified"), claims.RootElement.Text("name"));
    }

    // What the userinfo endpoint says wins, if it is about the same person (§5.3.2: otherwise it must not be used).
    private static SsoIdentity? Merge(SsoIdentity identity, JsonElement? userInfo)
    {
        if (userInfo is not { } info || info.Text("sub") != identity.Subject)
        {
            return null;
        }

        // An address and whether it is verified belong together.
        var email = info.Text("email");
        return identity with
        {
            Email = email ?? identity.Email,
            EmailVerified = email is null ? identity.EmailVerified : info.IsTrue("email_verified"),
            Name = info.Text("name") ?? identity.Name,
        };
    }

    private bool IsAlive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var issuedAt = ((JsonWebToken)token).IssuedAt;
        return expires > now - Skew && (notBefore is null || notBefore <= now + Skew) && issuedAt <= now + Skew;
    }

    private static string FormEncode(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);
}
