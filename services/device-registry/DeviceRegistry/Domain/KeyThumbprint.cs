using System.Buffers.Text;
using System.Security.Cryptography;

namespace DeviceRegistry.Domain;

/// <summary>SHA-256 of a public key's SubjectPublicKeyInfo in DER: the short name of a device's key.</summary>
public readonly record struct KeyThumbprint
{
    private readonly string? _text;

    private KeyThumbprint(string text) => _text = text;

    /// <summary>base64url without padding, 43 characters.</summary>
    public override string ToString() => _text ?? "";

    /// <summary>Hashes a key.</summary>
    public static KeyThumbprint Of(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(subjectPublicKeyInfo, hash);
        return new KeyThumbprint(Base64Url.EncodeToString(hash));
    }
}
