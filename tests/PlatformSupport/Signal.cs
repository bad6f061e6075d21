using System.Diagnostics;
using System.Globalization;

namespace PlatformSupport;

/// <summary>Signals to processes, by their own id.</summary>
public static class Signal
{
    /// <summary>Ends the process with no chance to say goodbye.</summary>
    public static void Kill(int process) => Send("KILL", process);

    /// <summary>Makes the process stand still: its connections stay open and nobody answers.</summary>
    public static void Pause(int process) => Send("STOP", process);

    public static void Continue(int process) => Send("CONT", process);

    private static void Send(string signal, int process)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -s {signal} \"$1\"", "sh", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"SIG{signal} did not reach process {process}.");
        }
    }
}
