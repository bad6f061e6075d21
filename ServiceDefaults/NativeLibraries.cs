using System.Reflection;
using System.Runtime.InteropServices;

namespace ServiceDefaults;

/// <summary>
/// Libraries of the operating system, for <c>LibraryImport</c>: the name in the attribute is one of these, and the file is whichever the
/// machine has.
/// </summary>
public static class NativeLibraries
{
    public const string Sodium = "libsodium";
    public const string Argon2 = "libargon2";

    private static readonly HashSet<Assembly> Resolved = [];

    /// <summary>Before an assembly's first call, as often as one likes.</summary>
    public static void ResolveFor(Assembly assembly)
    {
        // The runtime takes one resolver per assembly, and throws at the second.
        lock (Resolved)
        {
            if (Resolved.Add(assembly))
            {
                NativeLibrary.SetDllImportResolver(assembly, static (name, _, _) => Load(name));
            }
        }
    }

    /// <summary>0 leaves it to the runtime, whose error then names the library.</summary>
    private static nint Load(string name)
    {
        foreach (var file in name switch { Sodium => NativeFiles.Sodium, Argon2 => NativeFiles.Argon2, _ => [] })
        {
            if (NativeLibrary.TryLoad(file, out var library))
            {
                return library;
            }
        }

        return 0;
    }
}
