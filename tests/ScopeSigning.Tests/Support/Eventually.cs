namespace ScopeSigning.Tests.Support;

/// <summary>Waits for what happens in the background, with a bound that only a fault reaches.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var end = TimeProvider.System.GetUtcNow() + Bound;
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetUtcNow() < end, $"It did not happen: {what}");
            await Task.Delay(20);
        }
    }

    public static async Task<T> AsyncNotNull<T>(Func<Task<T?>> read, string what)
        where T : class
    {
        T? value = null;
        await TrueAsync(async () => (value = await read()) is not null, what);
        return value!;
    }
}
