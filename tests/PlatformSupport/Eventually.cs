namespace PlatformSupport;

/// <summary>Waits for what happens soon, by looking: the only bound is the patience.</summary>
public static class Eventually
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Looks until there is something.</summary>
    public static async Task<T> GetAsync<T>(Func<Task<T?>> look, TimeSpan patience, string complaint)
        where T : struct
    {
        var deadline = DateTimeOffset.UtcNow + patience;
        while (DateTimeOffset.UtcNow < deadline)
        {
            if (await look() is { } value)
            {
                return value;
            }

            await Task.Delay(Poll);
        }

        throw new TimeoutException($"{complaint} within {patience.TotalSeconds} s.");
    }

    /// <summary>Looks until it is so.</summary>
    public static Task IsTrueAsync(Func<Task<bool>> look, TimeSpan patience, string complaint)
        => GetAsync(async () => await look() ? true : (bool?)null, patience, complaint);
}
