using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PhoneSimulator;

/// <summary>Compact JWE with ECDH-ES and A256GCM (RFC 7516, RFC 7518 §4.6 and §5.3).</summary>
internal static class DataTokenEncryption
{
    private const string ContentEncryption = "A256GCM";

    public static string Encrypt(string plaintext, JsonElement recipient)
    {
        // 1. A key pair for this token alone (RFC 7518 §4.6).
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var point = ephemeral.ExportParameters(includePrivateParameters: false).Q;
        var header = JsonSerializer.SerializeToUtf8Bytes(new
        {
            alg = "ECDH-ES",
            enc = ContentEncryption,
            epk = new { kty = "EC", crv = "P-256", x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y) },
        });

        // 2. The content key comes from the agreement directly: the second part of the token stays empty (RFC 7516 §5.1 step 6).
        using var peer = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new() { X = Coordinate(recipient, "x"), Y = Coordinate(recipient, "y") },
        });
        var key = ConcatKdf(ephemeral.DeriveRawSecretAgreement(peer.PublicKey));

        // 3. The protected header, as it stands in the token, is authenticated too (RFC 7516 §5.1 step 14).
        var protectedHeader = Base64Url.EncodeToString(header);
        var iv = RandomNumberGenerator.GetBytes(12);
        var content = Encoding.UTF8.GetBytes(plaintext);
        var ciphertext = new byte[content.Length];
        var tag = new byte[16];
        using var aes = new AesGcm(key, tag.Length);
        aes.Encrypt(iv, content, ciphertext, tag, Encoding.ASCII.GetBytes(protectedHeader));
        return $"{protectedHeader}..{Base64Url.EncodeToString(iv)}.{Base64Url.EncodeToString(ciphertext)}.{Base64Url.EncodeToString(tag)}";
    }

    // RFC 7518 §4.6.2: one round of SHA-256 gives the 256 bits that are needed. PartyUInfo and PartyVInfo are empty.
    private static byte[] ConcatKdf(byte[] secret)
    {
        var algorithm = Encoding.ASCII.GetBytes(ContentEncryption);
        return SHA256.HashData([.. Number(1), .. secret, .. Number(algorithm.Length), .. algorithm, .. Number(0), .. Number(0), .. Number(256)]);
    }

    private static byte[] Number(int value)
    {
        var octets = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(octets, value);
        return octets;
    }

    private static byte[] Coordinate(JsonElement jwk, string name) => Base64Url.DecodeFromChars(jwk.GetProperty(name).GetString());
}
