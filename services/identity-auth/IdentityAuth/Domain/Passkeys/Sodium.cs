using System.Runtime.InteropServices;
using ServiceDefaults;

namespace IdentityAuth.Domain.Passkeys;

/// <summary>The function of libsodium that is used.</summary>
internal static partial class Sodium
{
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

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Initialize();
}
