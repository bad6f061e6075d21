using System.Xml.Linq;

namespace Aspire.Hosting.Local.Servers;

/// <summary>
/// The libraries of the operating system that a project calls. The project file names them, next to the packages it needs:
/// <c>&lt;NativeLibrary Include="libsodium" /&gt;</c>.
/// </summary>
internal static class NativeLibraries
{
    /// <exception cref="DistributedApplicationException">The project names a library that nobody here knows how to find.</exception>
    public static IEnumerable<Requirement> Of(string projectPath)
        => File.Exists(projectPath)
            ? XDocument.Load(projectPath).Descendants("NativeLibrary").Select(item => (string?)item.Attribute("Include")).Select(name => name switch
            {
                "libsodium" => Requirement.Sodium,
                "libargon2" => Requirement.Argon2,
                _ => throw new DistributedApplicationException($"{projectPath} needs the native library '{name}', which AppHost/Local/Servers/NativeLibraries.cs does not know."),
            })
            : [];
}
