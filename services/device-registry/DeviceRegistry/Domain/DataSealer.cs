using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DeviceRegistry.Domain;

/// <summary>What is sealed: one value's text cannot be passed off as another kind of value.</summary>
public enum SealPurpose
{
    PushToken = 1,
}

/// <summary>
/// Encrypts what must not be readable at rest with AES-256-GCM and a key that the database does not have. Each text names its key,
/// so that the key can rotate, and is bound to its purpose and to the row that it belongs to. Also makes the marks by which equal values
/// are found without opening them.
/// </summary>
/// <remarks>Layout: version (1 byte, 1), key id (4), nonce (12, random), tag (16), ciphertext.</remarks>
public sealed class DataSealer
{
    private const byte Version = 1;
    private const int KeyIdLength = 4;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeaderLength = 1 + KeyIdLength + NonceLength + TagLength;

    private readonly SealingKey _current;
    private readonly SealingKey? _previous;

    /// <param name="secret">The secret of the key that seals.</param>
    /// <param name="previousSecret">The secret before it: its key still opens.</param>
    public DataSealer(string secret, string? previousSecret)
    {
        _current = SealingKey.Derive(secret);
        _previous = previousSecret is null ? null : SealingKey.Derive(previousSecret);
    }

    /// <summary>Seals a value for the row that it is stored in.</summary>
    public byte[] Seal(ReadOnlySpan<byte> value, SealPurpose purpose, Guid row)
    {
        var text = new byte[HeaderLength + value.Length];
        text[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(text.AsSpan(1), _current.Id);
        var nonce = text.AsSpan(1 + KeyIdLength, NonceLength);
        // Random nonces of 96 bits: good for 2^32 values under one key (NIST SP 800-38D §8.3).
        RandomNumberGenerator.Fill(nonce);

        using var cipher = new AesGcm(_current.Key, TagLength);
        cipher.Encrypt(nonce, value, text.AsSpan(HeaderLength), text.AsSpan(1 + KeyIdLength + NonceLength, TagLength), Context(purpose, row));
        return text;
    }

    /// <summary>Opens a sealed value.</summary>
    /// <exception cref="CryptographicException">The text was changed, belongs elsewhere, or its key is not configured any more.</exception>
    public byte[] Open(ReadOnlySpan<byte> text, SealPurpose purpose, Guid row)
    {
        if (text.Length < HeaderLength || text[0] != Version)
        {
            throw new CryptographicException("Not a sealed value.");
        }

        var keyId = BinaryPrimitives.ReadUInt32BigEndian(text[1..]);
        var key = keyId == _current.Id ? _current
            : keyId == _previous?.Id ? _previous
            : throw new CryptographicException("The value was sealed with a key that is not configured.");

        var value = new byte[text.Length - HeaderLength];
        using var cipher = new AesGcm(key.Key, TagLength);
        cipher.Decrypt(
            text.Slice(1 + KeyIdLength, NonceLength), text[HeaderLength..], text.Slice(1 + KeyIdLength + NonceLength, TagLength), value, Context(purpose, row));
        return value;
    }

    /// <summary>A mark of a value that only equal values share: HMAC-SHA-256. Made with the current key, and with the one before it if there is one.</summary>
    public IReadOnlyList<byte[]> Marks(ReadOnlySpan<byte> value)
        => _previous is null
            ? [HMACSHA256.HashData(_current.MarkKey, value)]
            : [HMACSHA256.HashData(_current.MarkKey, value), HMACSHA256.HashData(_previous.MarkKey, value)];

    private static byte[] Context(SealPurpose purpose, Guid row)
    {
        var context = new byte[1 + 16];
        context[0] = (byte)purpose;
        row.TryWriteBytes(context.AsSpan(1), bigEndian: true, out _);
        return context;
    }

    private sealed record SealingKey(uint Id, byte[] Key, byte[] MarkKey)
    {
        public static SealingKey Derive(string secret)
        {
            // Further blocks of HKDF output name the key, and key the marks, without telling anything about it.
            var output = HKDF.DeriveKey(
                HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 64 + KeyIdLength, info: Encoding.ASCII.GetBytes("platform/device-registry/data/v1"));
            return new SealingKey(BinaryPrimitives.ReadUInt32BigEndian(output.AsSpan(64)), output[..32], output[32..64]);
        }
    }
}
