using System.Globalization;

namespace Aspire.Hosting.Local.Processes;

/// <summary>
/// Tells one process from any other that ever had, or will have, the same id: by the start of the machine and of the process.
/// <see cref="CleanupScript"/> makes the same text in the same way.
/// </summary>
internal static class ProcessIdentity
{
    // Null on systems without /proc.
    private static readonly string? Boot = File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : null;

    /// <summary>One word; null when no such process runs.</summary>
    public static string? Of(int processId)
    {
        if (Boot is null)
        {
            return FromPs(processId);
        }

        return ProcessTable.Find(processId) is { IsZombie: false } entry
            ? string.Create(CultureInfo.InvariantCulture, $"{Boot}/{entry.StartTime}")
            : null;
    }

    private static string? FromPs(int processId)
    {
        var (exitCode, output) = Command.Run("ps", ["-o", "lstart=", "-p", processId.ToString(CultureInfo.InvariantCulture)]);
        var words = output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return exitCode == 0 && words.Length > 0 ? string.Join('_', words) : null;
    }
}
