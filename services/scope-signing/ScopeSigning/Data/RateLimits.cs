using System.Globalization;
using System.Runtime.InteropServices;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace ScopeSigning.Data;

/// <summary>One counter and its limit.</summary>
/// <param name="Name">What is counted; part of a Redis key, so it holds no secret and no personal datum.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LimitedSubject(string Name, Limit Limit);

/// <summary>Sliding windows in Redis, several counters in one atomic step: a refused request counts nowhere.</summary>
internal sealed class RateLimits(IConnectionMultiplexer redis, TimeProvider clock)
{
    private static readonly RedisScript Script = new(
        """
        local now = tonumber(ARGV[1])
        local wait = 0
        for i = 1, #KEYS do
            local window = tonumber(ARGV[1 + 2 * i])
            local count = tonumber(ARGV[2 + 2 * i])
            redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - window)
            local used = redis.call('ZCARD', KEYS[i])
            if used >= count then
                -- The entry whose leaving makes room for one more.
                local entry = redis.call('ZRANGE', KEYS[i], used - count, used - count, 'WITHSCORES')
                wait = math.max(wait, tonumber(entry[2]) + window - now, 1)
            end
        end
        if wait > 0 then
            return wait
        end
        for i = 1, #KEYS do
            redis.call('ZADD', KEYS[i], now, ARGV[2])
            redis.call('PEXPIRE', KEYS[i], ARGV[1 + 2 * i])
        end
        return 0
        """);

    /// <summary>Counts one request everywhere, or nowhere.</summary>
    /// <returns>The place that was taken, or how long to wait for one.</returns>
    public async Task<LimitOutcome> TakeAsync(params IReadOnlyList<LimitedSubject> subjects)
    {
        var active = subjects.Where(subject => !subject.Limit.IsOff).ToList();
        var member = Guid.NewGuid().ToString("N");
        if (active.Count == 0)
        {
            return new LimitOutcome(null, [], member);
        }

        var keys = active.Select(subject => (RedisKey)NameOf(subject)).ToArray();
        List<RedisValue> arguments = [clock.GetUtcNow().ToUnixTimeMilliseconds(), member];
        foreach (var subject in active)
        {
            arguments.Add((long)subject.Limit.Window.TotalMilliseconds);
            arguments.Add(subject.Limit.Count);
        }

        var wait = (long)await Script.RunAsync(redis.GetDatabase(), keys, [.. arguments]);
        return new LimitOutcome(wait == 0 ? null : TimeSpan.FromMilliseconds(wait), keys, member);
    }

    /// <summary>Gives places back, for what turned out not to count.</summary>
    public async Task GiveBackAsync(LimitOutcome outcome)
    {
        foreach (var key in outcome.Keys)
        {
            await redis.GetDatabase().SortedSetRemoveAsync(key, outcome.Member).BoundedAsync();
        }
    }

    private static string NameOf(LimitedSubject subject)
        => string.Create(CultureInfo.InvariantCulture, $"scope-signing:limit:{subject.Name}:{(long)subject.Limit.Window.TotalSeconds}");
}

/// <param name="RetryAfter">How long to wait when there was no place left, else <see langword="null"/>.</param>
internal sealed record LimitOutcome(TimeSpan? RetryAfter, IReadOnlyList<RedisKey> Keys, string Member);
