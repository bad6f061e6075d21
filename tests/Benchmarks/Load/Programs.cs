using System.Reflection;

namespace Benchmarks.Load;

/// <summary>The programs of this checkout, each in the folder in which its own build has put it, with its own settings.</summary>
internal static class Programs
{
    private static readonly string Root = Metadata("Root");

    /// <summary>This program: it is also the bare server and the bare proxy.</summary>
    public static string Benchmarks => typeof(Programs).Assembly.Location;

    public static string AppHost => Of("AppHost", "AppHost");

    public static string Gateway => Of("gateway", "Gateway");

    public static string Pairing => Of("services/pairing/Pairing", "Pairing");

    public static string IdentityAuth => Of("services/identity-auth/IdentityAuth", "IdentityAuth");

    public static string DeviceRegistry => Of("services/device-registry/DeviceRegistry", "DeviceRegistry");

    private static string Of(string folder, string name) => Path.GetFullPath(Path.Combine(Root, folder, Metadata("Output"), $"{name}.dll"));

    private static string Metadata(string key)
        => typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
