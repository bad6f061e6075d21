using System.Diagnostics;
using Aspire.Hosting.Local.Processes;

namespace AppHost.Tests.Processes;

/// <summary>Waits for what another process does. The limit is far beyond what it takes; it only keeps a failing test from hanging.</summary>
internal static class Until
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Limit, $"Waited {Limit.TotalSeconds} s in vain for {what}.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public static Task GoneAsync(int processId, string what) => TrueAsync(() => !IsRunning(processId), $"the end of {what}");

    public static bool IsRunning(int processId) => ProcessIdentity.Of(processId) is not null;
}
