namespace Campaigns.Tests;

/// <summary>Where a campaign's table goes: into the test's output, and into a file beside the assembly, which a run with little output keeps too.</summary>
internal static class Reports
{
    public static async Task WriteAsync(ITestOutputHelper output, string report)
    {
        output.WriteLine(report);
        var name = TestContext.Current.TestClass?.TestClassSimpleName ?? "campaign";
        await File.WriteAllTextAsync(Path.Combine(AppContext.BaseDirectory, $"{name}.txt"), report);
    }
}
