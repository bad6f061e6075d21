using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>
/// For what may go on without Redis: after a failure the next calls do not wait for it again for a moment, but take the local way.
/// </summary>
internal sealed partial class RedisCircuit(IConnectionMultiplexer redis, TimeProvider clock, ILogger<RedisCircuit> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _openUntil = long.MinValue;

    /// <summary>Runs a step on Redis, or the local one when Redis is away.</summary>
    public async ValueTask<T> RunAsync<T>(Func<IDatabase, Task<T>> remote, Func<T> local)
    {
        if (clock.GetTimestamp() < Volatile.Read(ref _openUntil))
        {
            return local();
        }

        try
        {
            return await remote(redis.GetDatabase());
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            Volatile.Write(ref _openUntil, clock.GetTimestamp() + (long)(Pause.TotalSeconds * clock.TimestampFrequency));
            LogAway(exception.GetType().Name);
            return local();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Redis is away ({Reason}): limits are counted by this instance alone")]
    private partial void LogAway(string reason);
}
