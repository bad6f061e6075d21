namespace Campaigns.Tests;

/// <summary>Where a campaign's table goes: into the test's output, and into a file beside the assembly, which a run with little output keeps too.</summary>
internal static class Reports
{
    public static async Task WriteAsync(ITestOutputHelper output, string report)
    {
        output.WriteLine(report);
        await File.WriteAllTextAsync(NameOf(".txt"), report);
    }

    /// <summary>One line while the campaign lasts, into <c>{class}.log</c>.</summary>
    public static Task NoteAsync(FormattableString line)
        => File.AppendAllTextAsync(NameOf(".log"), FormattableString.Invariant($"{DateTimeOffset.UtcNow:HH:mm:ss} ") + FormattableString.Invariant(line) + "\n");

    private static string NameOf(string extension)
        => Path.Combine(AppContext.BaseDirectory, (TestContext.Current.TestClass?.TestClassSimpleName ?? "campaign") + extension);
}
