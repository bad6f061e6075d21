using System.Collections.Concurrent;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>A bucket of contract §1.7.</summary>
/// <param name="Name">Operations that share a bucket share the name.</param>
/// <param name="Limit">How many at once, and how many per <paramref name="Window"/> in the long run.</param>
internal sealed record RateLimitBucket(string Name, int Limit, TimeSpan Window)
{
    /// <summary>One more every so many microseconds.</summary>
    public long Emission { get; } = (long)(Window.TotalMicroseconds / Limit);

    /// <summary>A whole number of emissions, so that the bucket holds exactly <see cref="Limit"/>.</summary>
    public long Span => Emission * Limit;
}

/// <summary>What became of a request at its buckets.</summary>
/// <param name="Bucket">The operation's bucket, or the global one when that refused.</param>
/// <param name="Remaining">Requests left.</param>
/// <param name="FullAt">When the bucket is full again.</param>
/// <param name="Wait">How long to wait, when refused.</param>
internal readonly record struct RateLimitDecision(RateLimitBucket Bucket, bool IsGlobal, long Remaining, DateTimeOffset FullAt, TimeSpan? Wait);

/// <summary>
/// The buckets of contract §1.7 by GCRA, operation and global in one atomic step on Redis, so that all instances share them; requests that
/// come at once share the call. While Redis is away each instance counts for itself.
/// </summary>
internal sealed class RateLimiter
{
    /// <summary>More callers than this are not remembered at a time while Redis is away.</summary>
    private const int MaximumLocalBuckets = 100_000;

    /// <summary>Requests of one call.</summary>
    private const int Batch = 64;

    /// <summary>Numbers that the script answers for one request.</summary>
    private const int AnswersEach = 4;

    private static readonly RedisScript Script = RedisScript.Load("gcra");

    private readonly RedisCircuit _redis;
    private readonly RedisKeys _names;
    private readonly TimeProvider _clock;
    private readonly RateLimitBucket _global;
    private readonly SharedCalls<Request, RateLimitDecision> _calls;
    private readonly ConcurrentDictionary<string, long> _local = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public RateLimiter(RedisCircuit redis, RedisKeys names, IdentityAuthOptions options, TimeProvider clock)
    {
        (_redis, _names, _clock) = (redis, names, clock);
        _global = new("global", options.GlobalRequestsPerSecond, TimeSpan.FromSeconds(1));
        _calls = new SharedCalls<Request, RateLimitDecision>(Batch, CountAsync);
    }

    /// <summary>Counts a request.</summary>
    /// <param name="caller"><c>user:…</c> or <c>ip:…</c>.</param>
    public Task<RateLimitDecision> CountAsync(RateLimitBucket bucket, string caller) => _calls.AskAsync(new Request(bucket, caller));

    private async Task<IReadOnlyList<RateLimitDecision>> CountAsync(IReadOnlyList<Request> requests)
    {
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
        var answers = await _redis.RunAsync(
            async database => (long[])(await Script.RunAsync(database, KeysOf(requests), ArgumentsOf(requests, now)))!,
            () => CountLocally(requests, now));

        var decisions = new RateLimitDecision[requests.Count];
        for (var i = 0; i < decisions.Length; i++)
        {
            decisions[i] = Decide(requests[i].Bucket, answers.AsSpan(AnswersEach * i, AnswersEach), now);
        }

        return decisions;
    }

    private RateLimitDecision Decide(RateLimitBucket bucket, ReadOnlySpan<long> answer, long now)
    {
        var (refused, wait) = (answer[0], answer[1]);
        var told = refused == 2 ? _global : bucket;
        var full = answer[refused == 2 ? 3 : 2];
        return new RateLimitDecision(
            told,
            refused == 2,
            refused == 0 ? Math.Max(0, (told.Span - (full - now)) / told.Emission) : 0,
            DateTimeOffset.FromUnixTimeMilliseconds(full / 1000),
            refused == 0 ? null : TimeSpan.FromMicroseconds(wait));
    }

    private RedisKey[] KeysOf(IReadOnlyList<Request> requests)
    {
        var keys = new RedisKey[2 * requests.Count];
        for (var i = 0; i < requests.Count; i++)
        {
            keys[2 * i] = _names.Bucket(requests[i].Bucket.Name, requests[i].Caller);
            keys[(2 * i) + 1] = _names.Bucket(_global.Name, requests[i].Caller);
        }

        return keys;
    }

    private RedisValue[] ArgumentsOf(IReadOnlyList<Request> requests, long now)
    {
        var values = new RedisValue[1 + (4 * requests.Count)];
        values[0] = now;
        for (var i = 0; i < requests.Count; i++)
        {
            var bucket = requests[i].Bucket;
            (values[(4 * i) + 1], values[(4 * i) + 2]) = (bucket.Emission, bucket.Span);
            (values[(4 * i) + 3], values[(4 * i) + 4]) = (_global.Emission, _global.Span);
        }

        return values;
    }

    private long[] CountLocally(IReadOnlyList<Request> requests, long now) => [.. requests.SelectMany(request => CountLocally(request.Bucket, request.Caller, now))];

    // The same steps as the script's.
    private long[] CountLocally(RateLimitBucket bucket, string caller, long now)
    {
        RateLimitBucket[] buckets = [bucket, _global];
        lock (_lock)
        {
            if (_local.Count > MaximumLocalBuckets)
            {
                _local.Clear();
            }

            var answer = new long[4];
            for (var index = 0; index < buckets.Length; index++)
            {
                var stored = Math.Max(_local.GetValueOrDefault(Key(buckets[index])), now);
                var missing = stored + buckets[index].Emission - buckets[index].Span - now;
                if (missing > 0 && missing > answer[1])
                {
                    (answer[0], answer[1]) = (index + 1, missing);
                }

                answer[2 + index] = stored;
            }

            for (var index = 0; index < buckets.Length && answer[0] == 0; index++)
            {
                _local[Key(buckets[index])] = answer[2 + index] += buckets[index].Emission;
            }

            return answer;
        }

        string Key(RateLimitBucket one) => $"{one.Name}:{caller}";
    }

    private readonly record struct Request(RateLimitBucket Bucket, string Caller);
}
