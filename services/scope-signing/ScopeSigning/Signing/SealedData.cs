using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace ScopeSigning.Signing;

/// <summary>
/// AES-256-GCM (NIST SP 800-38D) for what is stored and has to be read again: values, codes on their way, device tokens, signed
/// tokens, issuer keys. A sealed value opens only in the place that it was sealed for.
/// </summary>
/// <remarks>Layout: version (1 byte), nonce (12), tag (16), ciphertext.</remarks>
internal sealed class SealedData(IOptions<ScopeSigningOptions> options)
{
    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeaderBytes = 1 + NonceBytes + TagBytes;

    // One key per kind (RFC 5869): the bound of GCM under random nonces, 2^32 messages, is then counted per kind too.
    private readonly byte[][] keys = [.. Enum.GetValues<SealedKind>().Select(kind => HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        Encoding.UTF8.GetBytes(options.Value.Issuer.KeyEncryptionKey!),
        32,
        info: Encoding.ASCII.GetBytes($"scope-signing {kind}")))];

    /// <param name="place">What the value is and whose, such as <c>job-value:…</c>; authenticated with it.</param>
    public byte[] Seal(ReadOnlySpan<byte> plain, SealedKind kind, string place)
    {
        var sealedBytes = new byte[HeaderBytes + plain.Length];
        sealedBytes[0] = Version;
        var nonce = sealedBytes.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(KeyFor(kind), TagBytes);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(HeaderBytes), sealedBytes.AsSpan(1 + NonceBytes, TagBytes), PlaceOf(kind, place));
        return sealedBytes;
    }

    public byte[] Seal(string plain, SealedKind kind, string place) => Seal(Encoding.UTF8.GetBytes(plain), kind, place);

    /// <exception cref="CryptographicException">The value was sealed under another key or for another place, or was altered.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedBytes, SealedKind kind, string place)
    {
        if (sealedBytes.Length < HeaderBytes || sealedBytes[0] != Version)
        {
            throw new CryptographicException("This is no sealed value of a known version.");
        }

        var plain = new byte[sealedBytes.Length - HeaderBytes];
        using var aes = new AesGcm(KeyFor(kind), TagBytes);
        aes.Decrypt(sealedBytes.Slice(1, NonceBytes), sealedBytes[HeaderBytes..], sealedBytes.Slice(1 + NonceBytes, TagBytes), plain, PlaceOf(kind, place));
        return plain;
    }

    public string OpenText(ReadOnlySpan<byte> sealedBytes, SealedKind kind, string place)
        => Encoding.UTF8.GetString(Open(sealedBytes, kind, place));

    private byte[] KeyFor(SealedKind kind) => keys[(int)kind];

    private static byte[] PlaceOf(SealedKind kind, string place) => Encoding.UTF8.GetBytes($"{kind}:{place}");
}

/// <summary>What a sealed value is; each has a key of its own. The names are part of the keys: never rename one.</summary>
internal enum SealedKind
{
    IssuerKey,
    DeviceToken,
    JobValue,
    JobToken,
    Delivery,
}
