using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace TestSupport;

/// <summary>Signs tokens of <see cref="TokenIssuer"/>.</summary>
/// <param name="Issuer">Claim <c>iss</c>.</param>
/// <param name="PrivateKey">PKCS #8 in base64.</param>
public sealed record TokenSigner(string Issuer, string PrivateKey)
{
    /// <summary>Claim <c>aud</c>.</summary>
    public const string Audience = "platform";

    internal const string KeyId = "tests";

    /// <summary>A token about somebody.</summary>
    /// <param name="roles">Global roles.</param>
    /// <param name="sessionId">Claim <c>sid</c>.</param>
    public string Sign(string subject, IReadOnlyList<string>? roles = null, string? sessionId = null, int lifetimeSeconds = 3600)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = Issuer, ["aud"] = Audience, ["sub"] = subject, ["iat"] = now, ["exp"] = now + lifetimeSeconds,
            ["user"] = new { identity = subject, roles = roles ?? [] },
        };
        if (sessionId is not null)
        {
            claims["sid"] = sessionId;
        }

        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(PrivateKey), out _);
        var signed = $"{Encode($$"""{"alg":"ES256","typ":"JWT","kid":"{{KeyId}}"}""")}.{Encode(JsonSerializer.Serialize(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
