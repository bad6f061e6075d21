using System.Diagnostics;
using System.Globalization;

namespace PlatformSupport;

/// <summary>Signals to processes, by their own id.</summary>
public static class Signal
{
    /// <summary>Ends the process with no chance to say goodbye.</summary>
    public static void Kill(int process) => Send("KILL", [process]);

    /// <summary>Makes the process and its children stand still: their connections stay open and nobody answers.</summary>
    /// <remarks>The children too, because Postgres has one for every connection: those that are open would go on.</remarks>
    public static void Pause(int process) => Send("STOP", [process, .. ChildrenOf(process)]);

    public static void Continue(int process) => Send("CONT", [process, .. ChildrenOf(process)]);

    /// <summary>Linux' list of them, proc_pid_children(5); elsewhere none are known.</summary>
    private static int[] ChildrenOf(int process)
        => OperatingSystem.IsLinux()
            ? [.. File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{process}/children"))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(child => int.Parse(child, CultureInfo.InvariantCulture))]
            : [];

    // A child may end at any time; the first process has to be reached.
    private static void Send(string signal, IReadOnlyList<int> processes)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -s {signal} \"$1\" && {{ shift; [ $# -eq 0 ] || kill -s {signal} \"$@\" 2>/dev/null || true; }}", "sh", .. processes.Select(process => process.ToString(CultureInfo.InvariantCulture))]);
        kill.WaitForExit();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"SIG{signal} did not reach process {processes[0]}.");
        }
    }
}
