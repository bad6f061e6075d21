using System.Diagnostics;

namespace Gateway.Tests.Support;

/// <summary>Waits for a state that another process or thread brings about.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task Become(Func<Task<bool>> condition, string what)
    {
        var since = Stopwatch.StartNew();
        while (!await condition())
        {
            if (since.Elapsed > Patience)
            {
                Assert.Fail($"Waited {Patience.TotalSeconds:F0} s in vain: {what}.");
            }

            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public static Task Become(Func<bool> condition, string what) => Become(() => Task.FromResult(condition()), what);
}
