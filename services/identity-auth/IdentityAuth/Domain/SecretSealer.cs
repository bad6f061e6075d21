using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Domain;

/// <summary>What a sealed or hashed value is; each kind has keys of its own. The names are part of the keys: never rename one.</summary>
public enum SecretKind
{
    TotpSecret,
    BackupCode,
    SigningKey,
    SmsCode,
    Message,
}

/// <summary>
/// Encrypts what has to be read again with AES-256-GCM (NIST SP 800-38D) under a key that the database does not have. A sealed value
/// names its key, so that the key can rotate, and opens only as the kind and in the place that it was sealed for.
/// </summary>
/// <remarks>Layout: version (1 byte, 1), key id (4), nonce (12, random), tag (16), ciphertext.</remarks>
public sealed class SecretSealer
{
    private const byte Version = 1;
    private const int KeyIdBytes = 4;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeaderBytes = 1 + KeyIdBytes + NonceBytes + TagBytes;
    private const int KeyBytes = 32;

    private readonly KeySet _current;
    private readonly KeySet? _previous;

    /// <param name="secret">The secret of the keys that seal.</param>
    /// <param name="previousSecret">The secret before it, whose keys still open; <see langword="null"/> if there is none.</param>
    public SecretSealer(string secret, string? previousSecret)
    {
        _current = new KeySet(secret);
        _previous = previousSecret is null ? null : new KeySet(previousSecret);
    }

    /// <summary>Seals a value for its place.</summary>
    /// <param name="place">Whose value it is, such as the user's id; authenticated with it.</param>
    public byte[] Seal(ReadOnlySpan<byte> value, SecretKind kind, string place)
    {
        var text = new byte[HeaderBytes + value.Length];
        text[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(text.AsSpan(1), _current.Id);
        var nonce = text.AsSpan(1 + KeyIdBytes, NonceBytes);
        // Random nonces of 96 bits: good for 2^32 values under one key (NIST SP 800-38D §8.3), counted per kind.
        RandomNumberGenerator.Fill(nonce);

        using var cipher = new AesGcm(_current.SealingKey(kind), TagBytes);
        cipher.Encrypt(nonce, value, text.AsSpan(HeaderBytes), text.AsSpan(1 + KeyIdBytes + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(place));
        return text;
    }

    /// <inheritdoc cref="Seal(ReadOnlySpan{byte}, SecretKind, string)"/>
    public byte[] Seal(string value, SecretKind kind, string place) => Seal(Encoding.UTF8.GetBytes(value), kind, place);

    /// <summary>Opens a sealed value.</summary>
    /// <exception cref="CryptographicException">It was changed, belongs elsewhere, or its key is not configured any more.</exception>
    public byte[] Open(ReadOnlySpan<byte> text, SecretKind kind, string place)
    {
        if (text.Length < HeaderBytes || text[0] != Version)
        {
            throw new CryptographicException("Not a sealed value.");
        }

        var id = BinaryPrimitives.ReadUInt32BigEndian(text[1..]);
        var keys = id == _current.Id ? _current
            : id == _previous?.Id ? _previous
            : throw new CryptographicException("The value was sealed with a key that is not configured.");

        var value = new byte[text.Length - HeaderBytes];
        using var cipher = new AesGcm(keys.SealingKey(kind), TagBytes);
        cipher.Decrypt(
            text.Slice(1 + KeyIdBytes, NonceBytes), text[HeaderBytes..], text.Slice(1 + KeyIdBytes + NonceBytes, TagBytes), value, Encoding.UTF8.GetBytes(place));
        return value;
    }

    /// <summary>Opens a sealed text.</summary>
    /// <exception cref="CryptographicException">As <see cref="Open"/>.</exception>
    public string OpenText(ReadOnlySpan<byte> text, SecretKind kind, string place) => Encoding.UTF8.GetString(Open(text, kind, place));

    /// <summary>
    /// A keyed hash (HMAC-SHA-256) by which a short secret can be looked up, yet not be guessed by somebody who reads the store.
    /// </summary>
    public byte[] Hash(string value, SecretKind kind, string place) => Hash(_current, value, kind, place);

    /// <summary>The same under the key before it; <see langword="null"/> if there is none.</summary>
    public byte[]? PreviousHash(string value, SecretKind kind, string place) => _previous is null ? null : Hash(_previous, value, kind, place);

    // A place never holds a line end, so no two pairs of place and value make the same text.
    private static byte[] Hash(KeySet keys, string value, SecretKind kind, string place)
        => HMACSHA256.HashData(keys.HashKey(kind), Encoding.UTF8.GetBytes($"{place}\n{value}"));

    private sealed class KeySet
    {
        private readonly byte[][] _sealing;
        private readonly byte[][] _hashing;

        public KeySet(string secret)
        {
            var seed = Encoding.UTF8.GetBytes(secret);
            Id = BinaryPrimitives.ReadUInt32BigEndian(Derive(seed, "id", KeyIdBytes));
            _sealing = [.. Enum.GetValues<SecretKind>().Select(kind => Derive(seed, $"seal {kind}", KeyBytes))];
            _hashing = [.. Enum.GetValues<SecretKind>().Select(kind => Derive(seed, $"hash {kind}", KeyBytes))];
        }

        public uint Id { get; }

        public byte[] SealingKey(SecretKind kind) => _sealing[(int)kind];

        public byte[] HashKey(SecretKind kind) => _hashing[(int)kind];

        // RFC 5869: each purpose gets a key that tells nothing about the others.
        private static byte[] Derive(byte[] seed, string purpose, int length)
            => HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, length, info: Encoding.ASCII.GetBytes($"platform/identity-auth/{purpose}/v1"));
    }
}
