using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace IdentitySimulator;

/// <summary>Ed25519 keys and signatures by libsodium.</summary>
internal static partial class Sodium
{
    private const string Library = "libsodium.so.23";

    public static (byte[] SecretKey, byte[] PublicKey) CreateKeyPair()
    {
        var publicKey = new byte[32];
        var secretKey = new byte[64];
        return Initialize() >= 0 && SeedKeyPair(publicKey, secretKey, RandomNumberGenerator.GetBytes(32)) == 0
            ? (secretKey, publicKey)
            : throw new CryptographicException("libsodium failed.");
    }

    public static byte[] Sign(byte[] secretKey, byte[] message)
    {
        var signature = new byte[64];
        return SignDetached(signature, 0, message, (ulong)message.Length, secretKey) == 0 ? signature : throw new CryptographicException("libsodium failed.");
    }

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "crypto_sign_seed_keypair")]
    private static partial int SeedKeyPair(Span<byte> publicKey, Span<byte> secretKey, ReadOnlySpan<byte> seed);

    [LibraryImport(Library, EntryPoint = "crypto_sign_detached")]
    private static partial int SignDetached(Span<byte> signature, nint signatureLength, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> secretKey);
}
