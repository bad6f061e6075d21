using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>Which packages hold the requirements, and the command that a person would type to get them.</summary>
internal static class PackageManager
{
    /// <summary>Whether AppHost itself may install: Debian or Ubuntu, and root.</summary>
    public static bool CanInstall => IsDebian(OsRelease()) && Environment.IsPrivilegedProcess;

    /// <summary>Null on a system whose packages we do not know.</summary>
    public static string? Command(IReadOnlyList<Requirement> missing)
    {
        if (IsDebian(OsRelease()))
        {
            var sudo = Environment.IsPrivilegedProcess ? "" : "sudo ";
            return $"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {string.Join(' ', DebianPackages(missing))}";
        }

        return OperatingSystem.IsMacOS() ? $"brew install {string.Join(' ', missing.Select(HomebrewPackage))}" : null;
    }

    public static IReadOnlyList<string> DebianPackages(IReadOnlyList<Requirement> missing) => [.. missing.SelectMany(DebianPackage)];

    /// <param name="osRelease">Text of os-release(5).</param>
    internal static bool IsDebian(string osRelease)
    {
        // ID_LIKE of Debian's children is "debian", "ubuntu debian" and the like, in quotes or not.
        var words = osRelease.Split('\n')
            .Where(line => line.StartsWith("ID=", StringComparison.Ordinal) || line.StartsWith("ID_LIKE=", StringComparison.Ordinal))
            .SelectMany(line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim().Trim('"', '\'').Split(' '));
        return words.Any(word => word is "debian" or "ubuntu");
    }

    private static string OsRelease() => File.Exists("/etc/os-release") && ProgramPath.Find("apt-get") is not null ? File.ReadAllText("/etc/os-release") : "";

    private static string[] DebianPackage(Requirement requirement) => requirement switch
    {
        Requirement.Postgres => ["postgresql"],
        Requirement.Redis => ["redis-server"],
        Requirement.RabbitMQ => ["rabbitmq-server"],
        Requirement.Sodium => ["libsodium23"],
        Requirement.Argon2 => ["libargon2-1"],
        // Without recommended packages there would be no font, and no text.
        Requirement.Chromium => ["chromium", "fonts-liberation"],
        _ => throw new ArgumentOutOfRangeException(nameof(requirement), requirement, null),
    };

    private static string HomebrewPackage(Requirement requirement) => requirement switch
    {
        Requirement.Postgres => "postgresql@17",
        Requirement.Redis => "redis",
        Requirement.RabbitMQ => "rabbitmq",
        Requirement.Sodium => "libsodium",
        Requirement.Argon2 => "argon2",
        Requirement.Chromium => "--cask google-chrome",
        _ => throw new ArgumentOutOfRangeException(nameof(requirement), requirement, null),
    };
}
