using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ServiceDefaults;

namespace IdentityAuth.Passwords;

/// <summary>
/// Argon2id (RFC 9106) by libargon2. Each thread keeps its working memory: taking 19 MiB from the system and giving it back costs as much
/// as the hash.
/// </summary>
internal static unsafe partial class Argon2
{
    private const string Library = NativeLibraries.Argon2;

    /// <summary>RFC 9106 §3.1: version 1.3.</summary>
    private const uint Version = 0x13;

    [ThreadStatic]
    private static byte* memory;

    [ThreadStatic]
    private static nuint memoryLength;

    static Argon2() => NativeLibraries.ResolveFor(typeof(Argon2).Assembly);

    /// <summary>Fills <paramref name="hash"/>.</summary>
    /// <param name="memoryKiB">Memory in KiB.</param>
    /// <param name="iterations">Passes.</param>
    /// <param name="lanes">Lanes, all computed on the calling thread.</param>
    public static void Hash(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int memoryKiB, int iterations, int lanes, Span<byte> hash)
    {
        int code;
        fixed (byte* passwordStart = password, saltStart = salt, hashStart = hash)
        {
            var context = new Context
            {
                Out = hashStart,
                OutLength = (uint)hash.Length,
                Password = passwordStart,
                PasswordLength = (uint)password.Length,
                Salt = saltStart,
                SaltLength = (uint)salt.Length,
                Iterations = (uint)iterations,
                MemoryKiB = (uint)memoryKiB,
                Lanes = (uint)lanes,
                Threads = 1,
                Version = Version,
                Allocate = &Allocate,
                Free = &Free,
            };
            code = Argon2idContext(&context);
        }

        if (code != 0)
        {
            throw new InvalidOperationException($"libargon2 refused with code {code}.");
        }
    }

    /// <summary>Gives this thread's memory back.</summary>
    public static void Release()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
        memoryLength = 0;
    }

    [LibraryImport(Library, EntryPoint = "argon2id_ctx")]
    private static partial int Argon2idContext(Context* context);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Allocate(byte** block, nuint length)
    {
        if (memoryLength < length)
        {
            NativeMemory.AlignedFree(memory);
            memory = (byte*)NativeMemory.AlignedAlloc(length, 64);
            memoryLength = length;
        }

        *block = memory;
        return 0;
    }

    // libargon2 has wiped it before.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(byte* block, nuint length)
    {
    }

    /// <summary><c>argon2_context</c> of argon2.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Context
    {
        public byte* Out;
        public uint OutLength;
        public byte* Password;
        public uint PasswordLength;
        public byte* Salt;
        public uint SaltLength;
        public byte* Secret;
        public uint SecretLength;
        public byte* AssociatedData;
        public uint AssociatedDataLength;
        public uint Iterations;
        public uint MemoryKiB;
        public uint Lanes;
        public uint Threads;
        public uint Version;
        public delegate* unmanaged[Cdecl]<byte**, nuint, int> Allocate;
        public delegate* unmanaged[Cdecl]<byte*, nuint, void> Free;
        public uint Flags;
    }
}
