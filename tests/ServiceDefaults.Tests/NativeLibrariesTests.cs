using System.Runtime.InteropServices;

namespace ServiceDefaults.Tests;

public sealed partial class NativeLibrariesTests
{
    [Fact]
    public void ResolveFor_NameOfALibrary_LoadsTheFileThatTheMachineHas()
    {
        NativeLibraries.ResolveFor(typeof(NativeLibrariesTests).Assembly);
        NativeLibraries.ResolveFor(typeof(NativeLibrariesTests).Assembly); // as two classes of one service do

        Assert.Equal(64, (int)SignatureBytes());
        Assert.Equal("Argon2id", Marshal.PtrToStringUTF8(TypeName(type: 2, uppercase: 1)));
    }

    [DllImport(NativeLibraries.Sodium, EntryPoint = "crypto_sign_bytes")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nuint SignatureBytes();

    [DllImport(NativeLibraries.Argon2, EntryPoint = "argon2_type2string")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint TypeName(int type, int uppercase);
}
