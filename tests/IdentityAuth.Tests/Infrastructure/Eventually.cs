namespace IdentityAuth.Tests.Infrastructure;

/// <summary>Waits for what happens soon, by looking: the only bound is the patience.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="pause">Between two looks; 20 ms if nothing else is said.</param>
    public static async Task IsTrueAsync(Func<Task<bool>> look, string complaint, TimeSpan? pause = null)
    {
        var deadline = DateTimeOffset.UtcNow + Patience;
        while (!await look())
        {
            if (DateTimeOffset.UtcNow > deadline)
            {
                throw new TimeoutException($"Waited {Patience.TotalSeconds:F0} s in vain: {complaint}.");
            }

            await Task.Delay(pause ?? TimeSpan.FromMilliseconds(20));
        }
    }
}
