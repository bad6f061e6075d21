using System.Globalization;

namespace Campaigns.Tests;

/// <summary>
/// Limits in seconds say something about the platform only while it has the machine. Where other work waits for the same processors, a
/// limit grows with the queue, and the report says so.
/// </summary>
internal static class Machine
{
    /// <summary>A queue of this many for each processor is the campaign's own, and grows with its clients.</summary>
    private static readonly double OwnLoad = 1.5 * Math.Max(Campaign.Clients, 2);

    private const double MaxScale = 12;

    /// <summary>From here on a platform that gives up for the moment does what it should: its own limits do not grow.</summary>
    private const double StarvedScale = 2;

    /// <summary>How much longer everything may take now: 1 on a machine of our own.</summary>
    public static double Scale
        => OperatingSystem.IsLinux()
            ? Math.Clamp(double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) / Environment.ProcessorCount / OwnLoad, 1, MaxScale)
            : 1;

    /// <summary>Whether others have most of the machine.</summary>
    public static bool IsStarved => Scale > StarvedScale;

    public static TimeSpan Stretch(TimeSpan limit) => limit * Scale;
}
