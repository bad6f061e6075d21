using System.Runtime.InteropServices;
using ServiceDefaults;

namespace ScopeSigning.Signing;

/// <summary>The functions of libsodium that are used. Its signing key is the 32-byte seed followed by the public key.</summary>
internal static partial class Sodium
{
    public const int SecretKeyBytes = 64;

    private const string Library = NativeLibraries.Sodium;

    static Sodium()
    {
        NativeLibraries.ResolveFor(typeof(Sodium).Assembly);

        // 0: done, 1: was done before. Needed once per process, before anything else (it picks the code for this CPU).
        if (Initialize() < 0)
        {
            throw new InvalidOperationException("libsodium could not be initialised.");
        }
    }

    [LibraryImport(Library, EntryPoint = "crypto_sign_verify_detached")]
    public static partial int VerifyDetached(
        ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> publicKey);

    [LibraryImport(Library, EntryPoint = "crypto_sign_detached")]
    public static partial int SignDetached(
        Span<byte> signature, nint signatureLength, ReadOnlySpan<byte> message, ulong messageLength, ReadOnlySpan<byte> secretKey);

    [LibraryImport(Library, EntryPoint = "crypto_sign_seed_keypair")]
    public static partial int SeedKeyPair(Span<byte> publicKey, Span<byte> secretKey, ReadOnlySpan<byte> seed);

    [LibraryImport(Library, EntryPoint = "crypto_core_ed25519_is_valid_point")]
    public static partial int IsValidPoint(ReadOnlySpan<byte> point);

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Initialize();
}
