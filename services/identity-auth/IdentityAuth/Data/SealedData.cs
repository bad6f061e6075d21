using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Data;

/// <summary>What a sealed value is; each has a key of its own. The names are part of the keys: never rename one.</summary>
internal enum SealedKind
{
    Delivery,
    IpTicket,
    Handoff,
    ChangeProof,
    Totp,
    BackupCode,
    SsoState,
    SigningKey,
}

/// <summary>
/// AES-256-GCM (NIST SP 800-38D) for what is stored and has to be read again. A sealed value opens only in the place that it was sealed for.
/// What was sealed before the data key was changed opens as well, as long as the key before it is configured.
/// </summary>
/// <remarks>
/// Layout: version (1 byte), nonce (12), tag (16), ciphertext. A value does not name its key: there are two at most, and the tag tells
/// which one it is.
/// </remarks>
internal sealed class SealedData(IdentityAuthOptions options)
{
    private const byte Version = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeaderLength = 1 + NonceLength + TagLength;

    private readonly Dictionary<SealedKind, byte[]> _keys = Derive(options.DataKey!);
    private readonly Dictionary<SealedKind, byte[]>? _previousKeys = string.IsNullOrEmpty(options.PreviousDataKey) ? null : Derive(options.PreviousDataKey);

    /// <summary>Whether there may be values of the key before.</summary>
    public bool HasPreviousKey => _previousKeys is not null;

    /// <param name="place">Whose the value is, such as a row's id; authenticated with it.</param>
    public byte[] Seal(ReadOnlySpan<byte> plain, SealedKind kind, string place)
    {
        var result = new byte[HeaderLength + plain.Length];
        result[0] = Version;
        var nonce = result.AsSpan(1, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_keys[kind], TagLength);
        aes.Encrypt(nonce, plain, result.AsSpan(HeaderLength), result.AsSpan(1 + NonceLength, TagLength), Encoding.UTF8.GetBytes(place));
        return result;
    }

    /// <exception cref="CryptographicException">The value was sealed under another key or for another place, or was altered.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedBytes, SealedKind kind, string place) => Open(sealedBytes, kind, place, out _);

    /// <inheritdoc cref="Open(ReadOnlySpan{byte}, SealedKind, string)"/>
    /// <param name="isCurrent">Whether it was sealed under the key that seals today.</param>
    public byte[] Open(ReadOnlySpan<byte> sealedBytes, SealedKind kind, string place, out bool isCurrent)
    {
        if (sealedBytes.Length < HeaderLength || sealedBytes[0] != Version)
        {
            throw new CryptographicException("This is no sealed value of a known version.");
        }

        try
        {
            isCurrent = true;
            return Open(sealedBytes, _keys[kind], place);
        }
        catch (AuthenticationTagMismatchException) when (_previousKeys is not null)
        {
            isCurrent = false;
            return Open(sealedBytes, _previousKeys[kind], place);
        }
    }

    private static byte[] Open(ReadOnlySpan<byte> sealedBytes, byte[] key, string place)
    {
        var plain = new byte[sealedBytes.Length - HeaderLength];
        using var aes = new AesGcm(key, TagLength);
        aes.Decrypt(sealedBytes.Slice(1, NonceLength), sealedBytes[HeaderLength..], sealedBytes.Slice(1 + NonceLength, TagLength), plain, Encoding.UTF8.GetBytes(place));
        return plain;
    }

    // One key per kind (RFC 5869): the bound of GCM under random nonces, 2^32 messages, is then counted per kind too.
    private static Dictionary<SealedKind, byte[]> Derive(string secret) => Enum.GetValues<SealedKind>().ToDictionary(kind => kind, kind => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: Encoding.ASCII.GetBytes($"platform/identity-auth/{kind}/v1")));
}
