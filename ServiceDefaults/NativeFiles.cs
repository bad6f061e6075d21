namespace ServiceDefaults;

/// <summary>
/// By which names libraries of the operating system go, each of which has what is called here. AppHost compiles this file too: what it
/// takes for present is what the services load.
/// </summary>
internal static class NativeFiles
{
    /// <summary>Ed25519. ABI 23 is that of Debian 11 to 13, 26 of libsodium 1.0.19 and newer.</summary>
    public static readonly string[] Sodium = WithHomebrew("libsodium.so.23", "libsodium.so.26", "libsodium.dylib");

    /// <summary>Argon2id.</summary>
    public static readonly string[] Argon2 = WithHomebrew("libargon2.so.1", "libargon2.dylib");

    // Homebrew's folder on Apple's own processors, where the system does not look.
    private static string[] WithHomebrew(params IEnumerable<string> names) => [.. names.SelectMany(name => new[] { name, "/opt/homebrew/lib/" + name })];
}
