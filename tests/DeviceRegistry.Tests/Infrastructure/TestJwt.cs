using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>Signs tokens that the service would not make.</summary>
public static class TestJwt
{
    public static string Create(AsymmetricAlgorithm key, string? keyId, object claims, string? algorithm = null, string moreHeader = "")
    {
        var name = algorithm ?? (key is RSA ? "RS256" : "ES256");
        var kid = keyId is null ? "" : $",\"kid\":\"{keyId}\"";
        var signed = $"{Encode(Encoding.UTF8.GetBytes($"{{\"alg\":\"{name}\"{kid}{moreHeader}}}"))}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        var data = Encoding.ASCII.GetBytes(signed);
        var signature = (key, name) switch
        {
            (_, "none") => [],
            (RSA rsa, "HS256") => HMACSHA256.HashData(Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()), data),
            (RSA rsa, "PS256") => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            (RSA rsa, _) => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            (ECDsa ec, _) => ec.SignData(data, HashAlgorithmName.SHA256),
            _ => throw new ArgumentException("Neither RSA nor EC.", nameof(key)),
        };
        return $"{signed}.{Encode(signature)}";
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
