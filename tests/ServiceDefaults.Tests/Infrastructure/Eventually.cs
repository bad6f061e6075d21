namespace ServiceDefaults.Tests.Infrastructure;

/// <summary>Waits for what another process or thread brings about. The limit only ends a test that would fail anyway.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task BecomesTrueAsync(Func<bool> condition, string what) => BecomesTrueAsync(() => Task.FromResult(condition()), what);

    public static Task BecomesTrueAsync(Func<Task<bool>> condition, string what) => BecomesTrueAsync(condition, what, Limit);

    /// <param name="limit">Where coming late is the fault that the test is about.</param>
    public static async Task BecomesTrueAsync(Func<Task<bool>> condition, string what, TimeSpan limit)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < limit, $"It did not happen within {limit.TotalSeconds} s: {what}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
