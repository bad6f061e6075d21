using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using ServiceDefaults.Jose;

namespace Pairing.Domain;

/// <summary>
/// A P-256 key pair of this service, derived from the configured seed: every instance has the same keys, and one generated
/// secret is all that has to be kept.
/// </summary>
public sealed class DerivedKeyPair
{
    private DerivedKeyPair(ECParameters parameters)
    {
        Parameters = parameters;
        X = Base64Url.EncodeToString(parameters.Q.X);
        Y = Base64Url.EncodeToString(parameters.Q.Y);
        KeyId = Base64Url.EncodeToString(
            SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}""")));
    }

    /// <summary>The pair, private part included: never leaves the process.</summary>
    public ECParameters Parameters { get; }

    /// <summary>The JWK thumbprint of the public key (RFC 7638 §3.1): the same wherever the same key is.</summary>
    public string KeyId { get; }

    /// <summary>Coordinate x, 32 bytes, base64url.</summary>
    public string X { get; }

    /// <summary>Coordinate y, 32 bytes, base64url.</summary>
    public string Y { get; }

    /// <summary>
    /// Derives the pair for one purpose. HKDF-SHA256 (RFC 5869) stretches the seed, with the purpose as <c>info</c>, to 64 bits
    /// more than the order has, and those are reduced as FIPS 186-5 A.2.1 says ("extra random bits"): d = (c mod (n − 1)) + 1,
    /// without a bias worth naming.
    /// </summary>
    /// <param name="seed">The secret, with at least 256 bits of entropy.</param>
    /// <param name="purpose">What the key is for; another purpose gives an unrelated key.</param>
    public static DerivedKeyPair Derive(ReadOnlySpan<byte> seed, string purpose)
    {
        const int extraRandomLength = P256.FieldLength + 8;
        Span<byte> c = stackalloc byte[extraRandomLength];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, c, salt: default, info: Encoding.ASCII.GetBytes(purpose));

        var d = (new BigInteger(c, isUnsigned: true, isBigEndian: true) % (P256.Order - 1)) + 1;
        CryptographicOperations.ZeroMemory(c);

        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = P256.ToFieldBytes(d) });
        return new DerivedKeyPair(key.ExportParameters(includePrivateParameters: true));
    }

    public override string ToString() => KeyId;
}
