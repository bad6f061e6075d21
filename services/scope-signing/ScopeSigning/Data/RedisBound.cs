using ServiceDefaults.Data;

namespace ScopeSigning.Data;

/// <summary>
/// A bound for every call to Redis. The client of the default pins has none for asynchronous calls, so a Redis that hangs would
/// hold requests until the gateway gives up. What was decided in Redis after all then only refuses more, never less.
/// </summary>
internal static class RedisBound
{
    public static Task<T> BoundedAsync<T>(this Task<T> call) => call.WaitAsync(RedisScript.Timeout);
}
