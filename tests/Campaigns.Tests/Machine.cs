using System.Globalization;

namespace Campaigns.Tests;

/// <summary>
/// Limits in seconds say something about the platform only while it has the machine. Where other work waits for the same processors, a
/// limit grows with the queue, and the report says so.
/// </summary>
internal static class Machine
{
    /// <summary>A queue of this many for each processor is the campaign's own.</summary>
    private const double OwnLoad = 3;

    private const double MaxScale = 12;

    /// <summary>How much longer everything may take now: 1 on a machine of our own.</summary>
    public static double Scale
        => OperatingSystem.IsLinux()
            ? Math.Clamp(double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) / Environment.ProcessorCount / OwnLoad, 1, MaxScale)
            : 1;

    public static TimeSpan Stretch(TimeSpan limit) => limit * Scale;
}
