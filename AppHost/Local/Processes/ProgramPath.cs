namespace Aspire.Hosting.Local.Processes;

/// <summary>Finds programs as a shell would, and in folders that a user's PATH often misses.</summary>
internal static class ProgramPath
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // Debian keeps some servers out of an ordinary user's PATH; Homebrew's folder depends on the processor.
    private static readonly string[] UsualFolders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin", "/opt/homebrew/sbin"];

    /// <summary>The whole path of a program, given its name or a path; null when there is none.</summary>
    public static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return IsProgram(program) ? Path.GetFullPath(program) : null;
        }

        var onPath = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return onPath.Concat(UsualFolders).Select(folder => Path.Combine(folder, program)).FirstOrDefault(IsProgram);
    }

    public static bool IsProgram(string path)
        => File.Exists(path) && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & AnyExecute) != UnixFileMode.None;
}
