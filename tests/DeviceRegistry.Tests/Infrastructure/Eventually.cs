namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>Waits for what happens soon, by looking: the only bound is the patience.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    /// <summary>Looks until it is so.</summary>
    public static async Task IsTrueAsync(Func<Task<bool>> look, string complaint)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await look())
        {
            Assert.False(limit.IsCancellationRequested, complaint);
            await Task.Delay(Poll);
        }
    }
}
