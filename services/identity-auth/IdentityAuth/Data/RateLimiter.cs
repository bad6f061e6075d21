using ServiceDefaults.Data;
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
/// The buckets of contract §1.7 by GCRA, operation and global in one atomic step on Redis, so that all instances share them. Requests that
/// come at once share the call, and those that are far from their limits do not wait for it. While Redis is away each instance counts for
/// itself.
/// </summary>
internal sealed class RateLimiter
{
    /// <summary>Requests of one call.</summary>
    private const int Batch = 64;

    /// <summary>Numbers that the script is given for one request.</summary>
    private const int ArgumentsEach = 5;

    /// <summary>Numbers that the script answers for one request.</summary>
    private const int AnswersEach = 4;

    private static readonly RedisScript Script = RedisScript.Load<IdentityAuthOptions>("gcra");

    private readonly RedisCircuit _redis;
    private readonly RedisKeys _names;
    private readonly TimeProvider _clock;
    private readonly RateLimitBucket _global;
    private readonly KnownBuckets _known = new();
    private readonly SharedCalls<BucketRequest, BucketAnswer> _calls;

    public RateLimiter(RedisCircuit redis, RedisKeys names, IdentityAuthOptions options, TimeProvider clock)
    {
        (_redis, _names, _clock) = (redis, names, clock);
        _global = new("global", options.GlobalRequestsPerSecond, TimeSpan.FromSeconds(1));
        _calls = new SharedCalls<BucketRequest, BucketAnswer>(Batch, CountAsync);
    }

    /// <summary>Counts a request.</summary>
    /// <param name="caller"><c>user:…</c> or <c>ip:…</c>.</param>
    public ValueTask<RateLimitDecision> CountAsync(RateLimitBucket bucket, string caller)
    {
        var request = new BucketRequest(bucket, _names.Bucket(bucket.Name, caller)!, _global, _names.Bucket(_global.Name, caller)!);
        if (_known.TryCount(request, Now()) is not { } answer)
        {
            return new ValueTask<RateLimitDecision>(AskAsync(request));
        }

        _calls.Tell(request with { IsThrough = true });
        return ValueTask.FromResult(Decide(bucket, answer));
    }

    private async Task<RateLimitDecision> AskAsync(BucketRequest request) => Decide(request.Bucket, await _calls.AskAsync(request));

    private async Task<IReadOnlyList<BucketAnswer>> CountAsync(IReadOnlyList<BucketRequest> requests)
    {
        var now = Now();
        return await _redis.RunAsync<IReadOnlyList<BucketAnswer>>(
            async database => Read(requests, (long[])(await Script.RunAsync(database, KeysOf(requests), ArgumentsOf(requests, now)))!, now),
            () => [.. requests.Select(request => _known.Count(request, now))]);
    }

    private BucketAnswer[] Read(IReadOnlyList<BucketRequest> requests, ReadOnlySpan<long> numbers, long now)
    {
        var answers = new BucketAnswer[requests.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            var four = numbers.Slice(AnswersEach * i, AnswersEach);
            answers[i] = new BucketAnswer(four[0], four[1], four[2], four[3], now);
            _known.Learn(requests[i], answers[i]);
        }

        return answers;
    }

    private RateLimitDecision Decide(RateLimitBucket bucket, in BucketAnswer answer)
    {
        var told = answer.RefusedBy == 2 ? _global : bucket;
        var full = answer.RefusedBy == 2 ? answer.GlobalFull : answer.Full;
        return new RateLimitDecision(
            told,
            answer.RefusedBy == 2,
            answer.RefusedBy == 0 ? Math.Max(0, (told.Span - (full - answer.At)) / told.Emission) : 0,
            DateTimeOffset.FromUnixTimeMilliseconds(full / 1000),
            answer.RefusedBy == 0 ? null : TimeSpan.FromMicroseconds(answer.Wait));
    }

    private long Now() => _clock.GetUtcNow().ToUnixTimeMilliseconds() * 1000;

    private static RedisKey[] KeysOf(IReadOnlyList<BucketRequest> requests)
    {
        var keys = new RedisKey[2 * requests.Count];
        for (var i = 0; i < requests.Count; i++)
        {
            (keys[2 * i], keys[(2 * i) + 1]) = (requests[i].Key, requests[i].GlobalKey);
        }

        return keys;
    }

    private static RedisValue[] ArgumentsOf(IReadOnlyList<BucketRequest> requests, long now)
    {
        var values = new RedisValue[1 + (ArgumentsEach * requests.Count)];
        values[0] = now;
        for (var i = 0; i < requests.Count; i++)
        {
            var (bucket, _, global, _, isThrough) = requests[i];
            var first = 1 + (ArgumentsEach * i);
            (values[first], values[first + 1]) = (bucket.Emission, bucket.Span);
            (values[first + 2], values[first + 3]) = (global.Emission, global.Span);
            values[first + 4] = isThrough ? 1 : 0;
        }

        return values;
    }
}
