using System.Reflection;

namespace Aspire.Hosting.Local.Configuration;

/// <summary>What the build writes into the AppHost's assembly.</summary>
internal static class AppHostMetadata
{
    /// <summary>The folder of the AppHost project, or null for another assembly.</summary>
    public static string? ProjectDirectory(Assembly? assembly) => Value(assembly, "apphostprojectpath");

    /// <summary>The file name of the AppHost project.</summary>
    public static string? ProjectName(Assembly? assembly) => Value(assembly, "apphostprojectname");

    private static string? Value(Assembly? assembly, string key)
        => assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => string.Equals(a.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
}
