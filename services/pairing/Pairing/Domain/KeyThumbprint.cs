using System.Buffers.Text;
using System.Security.Cryptography;

namespace Pairing.Domain;

/// <summary>SHA-256 of a public key's SubjectPublicKeyInfo in DER: the short name of a device's key.</summary>
public readonly record struct KeyThumbprint
{
    private readonly string? _text;

    private KeyThumbprint(string text) => _text = text;

    /// <summary>The 32 bytes of the hash.</summary>
    public byte[] ToBytes() => Base64Url.DecodeFromChars(ToString());

    /// <summary>base64url without padding, 43 characters.</summary>
    public override string ToString() => _text ?? "";

    /// <summary>Hashes a key.</summary>
    public static KeyThumbprint Of(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(subjectPublicKeyInfo, hash);
        return FromBytes(hash);
    }

    /// <summary>Reads <see cref="ToString"/>'s form.</summary>
    public static KeyThumbprint? Parse(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        return text.Length == Base64Url.GetEncodedLength(SHA256.HashSizeInBytes)
            && Base64Url.TryDecodeFromChars(text, hash, out var length) && length == hash.Length
                ? FromBytes(hash)
                : null;
    }

    /// <summary>Takes a hash that was stored.</summary>
    public static KeyThumbprint FromBytes(ReadOnlySpan<byte> hash)
    {
        return hash.Length != SHA256.HashSizeInBytes
            ? throw new ArgumentException("A SHA-256 hash has 32 bytes.", nameof(hash))
            : new KeyThumbprint(Base64Url.EncodeToString(hash));
    }
}
