using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PlatformSupport;

/// <summary>A person's app: an Ed25519 key (RFC 8032) that is the person's identity, and the tokens that it signs.</summary>
public sealed partial class Wallet
{
    private readonly byte[] secretKey = new byte[64];

    public Wallet()
    {
        var publicKey = new byte[32];
        if (MakeKeyPair(publicKey, secretKey, RandomNumberGenerator.GetBytes(32)) != 0)
        {
            throw new CryptographicException("libsodium made no key pair.");
        }

        Sub = Base64Url.EncodeToString(publicKey);
    }

    /// <summary>The public key, 43 base64url characters: who the person is.</summary>
    public string Sub { get; }

    /// <summary>A self-signed token for the body of a request: fresh, taken once.</summary>
    public string Token(params IEnumerable<(string Name, string Value)> claims)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var payload = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["sub"] = Sub,
            ["iat"] = now,
            ["exp"] = now + 300,
            ["jti"] = Guid.NewGuid().ToString("N"),
        };
        foreach (var (name, value) in claims)
        {
            payload[name] = value;
        }

        return SignPayload(JsonSerializer.SerializeToUtf8Bytes(payload));
    }

    /// <summary>A token around whatever payload it is, with a good signature.</summary>
    public string SignPayload(ReadOnlySpan<byte> payload)
    {
        var input = $"{Encode("""{"alg":"EdDSA","typ":"JWT"}"""u8)}.{Encode(payload)}";
        var message = Encoding.ASCII.GetBytes(input);
        var signature = new byte[64];
        return SignDetached(signature, 0, message, (ulong)message.Length, secretKey) == 0
            ? $"{input}.{Encode(signature)}"
            : throw new CryptographicException("libsodium made no signature.");
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    [LibraryImport("libsodium.so.23", EntryPoint = "crypto_sign_seed_keypair")]
    private static partial int MakeKeyPair(Span<byte> publicKey, Span<byte> secretKey, ReadOnlySpan<byte> seed);

    [LibraryImport("libsodium.so.23", EntryPoint = "crypto_sign_detached")]
    private static partial int SignDetached(Span<byte> signature, nint length, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> secretKey);
}
