using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pairing.Tests.Infrastructure;

/// <summary>
/// Makes data tokens as a phone does, written from RFC 7515, 7516 and 7518 without the service's code, so that one can be wrong without the
/// other. Every part can be replaced by a wrong one.
/// </summary>
public sealed record TestDataToken
{
    public required ECParameters Recipient { get; init; }

    public required ECDsa Signer { get; init; }

    public string Payload { get; init; } = """{"refEcg":[[1]]}""";

    public string InnerHeader { get; init; } = """{"alg":"ES256"}""";

    public string? InnerSignature { get; init; }

    /// <summary>What is encrypted, when it is no JWS.</summary>
    public string? Inner { get; init; }

    /// <summary>Members of the outer header beside <c>epk</c>.</summary>
    public string OuterMembers { get; init; } = "\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\"";

    public string? EphemeralKey { get; init; }

    public byte[] PartyU { get; init; } = [];

    public byte[] PartyV { get; init; } = [];

    public string EncryptedKey { get; init; } = "";

    public static string Create(JsonElement jwk, ECDsa signer, string payload)
        => new TestDataToken { Recipient = Point(jwk), Signer = signer, Payload = payload }.Build();

    public static ECParameters Point(JsonElement jwk) => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint
        {
            X = Base64Url.DecodeFromChars(jwk.GetProperty("x").GetString()),
            Y = Base64Url.DecodeFromChars(jwk.GetProperty("y").GetString()),
        },
    };

    public string Build()
    {
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var recipient = ECDiffieHellman.Create(Recipient);
        var q = ephemeral.ExportParameters(false).Q;
        var epk = EphemeralKey ?? $$"""{"kty":"EC","crv":"P-256","x":"{{Encode(q.X!)}}","y":"{{Encode(q.Y!)}}"}""";
        var header = Encode(Encoding.UTF8.GetBytes($$"""{{{OuterMembers}},"epk":{{epk}}}"""));

        var z = ephemeral.DeriveRawSecretAgreement(recipient.PublicKey);
        var key = SHA256.HashData([.. Number(1), .. z, .. Sized("A256GCM"u8.ToArray()), .. Sized(PartyU), .. Sized(PartyV), .. Number(256)]);
        var plaintext = Encoding.UTF8.GetBytes(Inner ?? Jws());
        var iv = RandomNumberGenerator.GetBytes(12);
        var ciphertext = new byte[plaintext.Length];
        var tag = new byte[16];
        using var cipher = new AesGcm(key, 16);
        cipher.Encrypt(iv, plaintext, ciphertext, tag, Encoding.ASCII.GetBytes(header));
        return $"{header}.{EncryptedKey}.{Encode(iv)}.{Encode(ciphertext)}.{Encode(tag)}";
    }

    public string Jws()
    {
        var signed = $"{Encode(Encoding.UTF8.GetBytes(InnerHeader))}.{Encode(Encoding.UTF8.GetBytes(Payload))}";
        return $"{signed}.{InnerSignature ?? Encode(Signer.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Sized(byte[] value) => [.. Number((uint)value.Length), .. value];
}
