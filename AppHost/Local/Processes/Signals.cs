using System.Runtime.InteropServices;

namespace Aspire.Hosting.Local.Processes;

/// <summary>kill(2): .NET itself can only kill by force.</summary>
internal static class Signals
{
    private const int Sigkill = 9;

    /// <returns>False when no such process exists, or it belongs to somebody else.</returns>
    public static bool Send(int processId, StopSignal signal) => NativeKill(Checked(processId), (int)signal) == 0;

    /// <returns>False when the group has no member.</returns>
    public static bool SendToGroup(int groupId, StopSignal signal) => NativeKill(-Checked(groupId), (int)signal) == 0;

    public static bool Kill(int processId) => NativeKill(Checked(processId), Sigkill) == 0;

    public static bool KillGroup(int groupId) => NativeKill(-Checked(groupId), Sigkill) == 0;

    /// <summary>Signal 0 only asks. A group of nothing but zombies counts as existing.</summary>
    public static bool GroupExists(int groupId) => NativeKill(-Checked(groupId), 0) == 0;

    // kill(2) gives 0, 1 and -1 special meanings: the own group, init, every process there is.
    private static int Checked(int id) => id > 1 ? id : throw new ArgumentOutOfRangeException(nameof(id), id, "Not the id of a child process.");

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeKill(int processId, int signal);
}
