using System.Security.Cryptography;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>
/// A device's key pair, with what the published client does with it (contract §2): ECDH over P-256, the raw x-coordinate as AES-256-GCM key,
/// IV ‖ ciphertext ‖ tag.
/// </summary>
public sealed class DeviceKeys : IDisposable
{
    private const int IvLength = 12;
    private const int TagLength = 16;

    private readonly ECDiffieHellman _pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>SubjectPublicKeyInfo in base64: 91 bytes.</summary>
    public string PublicKey => Convert.ToBase64String(_pair.ExportSubjectPublicKeyInfo());

    /// <summary>The private half, for looking whether it shows up somewhere.</summary>
    public byte[] PrivateKey => _pair.ExportParameters(true).D!;

    /// <summary>Wraps a group's key for a device.</summary>
    public string Wrap(byte[] groupKey, string recipientPublicKey) => Encrypt(Agree(recipientPublicKey), groupKey);

    /// <summary>Opens a key that somebody wrapped for this device.</summary>
    /// <exception cref="AuthenticationTagMismatchException">It was wrapped for another device, by somebody else, or was changed.</exception>
    public byte[] Unwrap(string wrapped, string senderPublicKey) => Decrypt(Agree(senderPublicKey), wrapped);

    /// <summary>Encrypts with a key of 32 bytes.</summary>
    public static string Encrypt(byte[] key, byte[] plain)
    {
        var text = new byte[IvLength + plain.Length + TagLength];
        RandomNumberGenerator.Fill(text.AsSpan(0, IvLength));
        using var cipher = new AesGcm(key, TagLength);
        cipher.Encrypt(text.AsSpan(0, IvLength), plain, text.AsSpan(IvLength, plain.Length), text.AsSpan(IvLength + plain.Length));
        return Convert.ToBase64String(text);
    }

    /// <summary>Decrypts with a key of 32 bytes.</summary>
    public static byte[] Decrypt(byte[] key, string encrypted)
    {
        var text = Convert.FromBase64String(encrypted);
        var plain = new byte[text.Length - IvLength - TagLength];
        using var cipher = new AesGcm(key, TagLength);
        cipher.Decrypt(text.AsSpan(0, IvLength), text.AsSpan(IvLength, plain.Length), text.AsSpan(IvLength + plain.Length), plain);
        return plain;
    }

    public void Dispose() => _pair.Dispose();

    /// <summary>The key that this device and the owner of another key pair share: the raw x-coordinate.</summary>
    public byte[] Agree(string publicKey)
    {
        using var other = ECDiffieHellman.Create();
        other.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
        return _pair.DeriveRawSecretAgreement(other.PublicKey);
    }
}
