using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ServiceDefaults.Jose;

namespace IdentityAuth.Domain.Tokens;

/// <summary>A key pair of P-256 that signs access tokens (ES256, RFC 7518 §3.4).</summary>
public sealed class SigningKey : IDisposable
{
    private readonly InstancePool<ECDsa> _pool;

    private SigningKey(ECParameters parameters)
    {
        X = Base64Url.EncodeToString(parameters.Q.X);
        Y = Base64Url.EncodeToString(parameters.Q.Y);
        KeyId = Thumbprint(X, Y);
        _pool = new InstancePool<ECDsa>(() => ECDsa.Create(parameters));
    }

    /// <summary>Its JWK thumbprint (RFC 7638), 43 characters.</summary>
    public string KeyId { get; }

    /// <summary>Coordinate x of the public key: 32 bytes, base64url.</summary>
    public string X { get; }

    /// <summary>Coordinate y of the public key: 32 bytes, base64url.</summary>
    public string Y { get; }

    /// <summary>A new key with its private half as PKCS #8, to be sealed and stored.</summary>
    public static (SigningKey Key, byte[] Pkcs8) Create()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (new SigningKey(pair.ExportParameters(includePrivateParameters: true)), pair.ExportPkcs8PrivateKey());
    }

    /// <summary>A stored key.</summary>
    /// <exception cref="CryptographicException">These bytes are no private key of P-256.</exception>
    public static SigningKey Import(ReadOnlySpan<byte> pkcs8)
    {
        using var pair = ECDsa.Create();
        pair.ImportPkcs8PrivateKey(pkcs8, out _);
        var parameters = pair.ExportParameters(includePrivateParameters: true);
        return parameters.Q.X is { Length: 32 } ? new SigningKey(parameters) : throw new CryptographicException("Not a key of P-256.");
    }

    /// <summary>Signs <paramref name="data"/>: 64 bytes, r‖s.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => _pool.Use(
        data, static (key, data) => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    public void Dispose() => _pool.Dispose();

    /// <summary>RFC 7638 §3.2: the required members in lexicographic order.</summary>
    public static string Thumbprint(string x, string y)
        => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""")));
}
