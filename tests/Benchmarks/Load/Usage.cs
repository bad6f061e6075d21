using System.Globalization;

namespace Benchmarks.Load;

/// <summary>Requests, and the CPU time that they took.</summary>
/// <param name="Medians">Sum over the slices of the time that half of the answers took at most.</param>
internal sealed record Usage(long Requests, TimeSpan Cpu, TimeSpan Medians, int Slices)
{
    public static Usage None { get; } = new(0, TimeSpan.Zero, TimeSpan.Zero, 0);

    public double PerCpuSecond => Requests / Cpu.TotalSeconds;

    /// <summary>Of one request.</summary>
    public TimeSpan CpuEach => Cpu / Requests;

    public TimeSpan Median => Medians / Slices;

    /// <summary>Runs a load and asks the clock of whoever serves it before and after.</summary>
    public static async Task<Usage> MeasureAsync(Func<TimeSpan> clock, Func<Task<LoadResult>> load)
    {
        var before = clock();
        var result = await load();
        return new Usage(result.Requests, clock() - before, result.Median, 1);
    }

    public static Usage operator +(Usage left, Usage right)
        => new(left.Requests + right.Requests, left.Cpu + right.Cpu, left.Medians + right.Medians, left.Slices + right.Slices);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PerCpuSecond:N0} per CPU-second");
}
