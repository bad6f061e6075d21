using System.Globalization;

namespace Benchmarks;

/// <summary>Measures one thing against the bare thing beside it, in the same run.</summary>
internal interface IBenchmark
{
    string Name { get; }

    /// <summary>Takes at most about a minute and leaves nothing running.</summary>
    Task<IReadOnlyList<Result>> RunAsync();
}

/// <summary>One line of the table.</summary>
/// <param name="Wanted">The bound, in words.</param>
internal sealed record Result(string What, string Measured, string ComparedWith, double? Ratio, string Wanted)
{
    public override string ToString()
        => $"| {What} | {Measured} | {ComparedWith} | {Ratio?.ToString("0.00", CultureInfo.InvariantCulture) ?? "–"} | {Wanted} |";
}
