using System.Runtime.InteropServices;

namespace IdentityAuth.Data;

/// <summary>A request at its two buckets: its operation's and the global one, each with the name under which it is kept for this caller.</summary>
/// <param name="IsThrough">
/// Whether this instance has let it through already: it is not decided upon again, and both buckets are charged, over their limits if need be.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BucketRequest(RateLimitBucket Bucket, string Key, RateLimitBucket Global, string GlobalKey, bool IsThrough = false);

/// <summary>What became of it.</summary>
/// <param name="RefusedBy">0: nobody; 1: the operation's bucket; 2: the global one.</param>
/// <param name="Wait">How long to wait when refused, in microseconds.</param>
/// <param name="Full">When the operation's bucket is full again, in microseconds of unix time.</param>
/// <param name="GlobalFull">The same of the global one.</param>
/// <param name="At">When it was counted.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BucketAnswer(long RefusedBy, long Wait, long Full, long GlobalFull, long At);

/// <summary>
/// The buckets as this instance knows them: by what Redis said last, and by what it has let through itself since. All times are in
/// microseconds.
/// </summary>
internal sealed class KnownBuckets
{
    /// <summary>How long Redis's last word on a bucket is good enough to let a request through that is far from its limits.</summary>
    public const long FreshFor = 1_000_000;

    /// <summary>Smaller buckets guard something else than load: they are always asked for.</summary>
    public const int SmallestLimit = 20;

    /// <summary>More buckets than this are not remembered at a time.</summary>
    private const int Capacity = 200_000;

    private readonly Dictionary<string, Known> _buckets = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>
    /// Counts a request whose buckets are at least half full by a fresh word of Redis's. What other instances let through since that word is
    /// not in it, so several can let more through together than a bucket holds: each at most half of it, until its next word comes, which is
    /// as far away as the answer to the requests that it has told. All of that is charged (<see cref="BucketRequest.IsThrough"/>): what was
    /// too much is missing afterwards, and in the long run nobody gets more than the bucket leaks.
    /// </summary>
    /// <returns>
    /// <see langword="null"/> when Redis has to be asked. Until <see cref="Learn(in BucketRequest, in BucketAnswer)"/> or <see cref="Count"/> says
    /// what became of it, the request counts as one that will be let through: an instance that is alone never exceeds a bucket.
    /// </returns>
    public BucketAnswer? TryCount(in BucketRequest request, long now)
    {
        lock (_lock)
        {
            if (HasAmpleRoom(request.Bucket, request.Key, now) && HasAmpleRoom(request.Global, request.GlobalKey, now))
            {
                return CountLocked(request, now);
            }

            MakeRoom();
            Ask(request.Key, 1);
            Ask(request.GlobalKey, 1);
            return null;
        }
    }

    /// <summary>Counts a request when there is nobody to ask: the same steps as the script's. One that is through was counted here then.</summary>
    public BucketAnswer Count(in BucketRequest request, long now)
    {
        lock (_lock)
        {
            MakeRoom();
            Answered(request);
            return request.IsThrough
                ? new BucketAnswer(0, 0, FullAt(request.Key, now), FullAt(request.GlobalKey, now), now)
                : CountLocked(request, now);
        }
    }

    /// <summary>Redis has said how it stands.</summary>
    public void Learn(in BucketRequest request, in BucketAnswer answer)
    {
        lock (_lock)
        {
            MakeRoom();
            Answered(request);
            Learn(request.Key, answer.Full, answer.At);
            Learn(request.GlobalKey, answer.GlobalFull, answer.At);
        }
    }

    private void MakeRoom()
    {
        if (_buckets.Count >= Capacity)
        {
            _buckets.Clear();
        }
    }

    private bool HasAmpleRoom(RateLimitBucket bucket, string key, long now)
        => bucket.Limit >= SmallestLimit
            && _buckets.TryGetValue(key, out var known)
            && now - known.LearntAt <= FreshFor
            && Math.Max(known.Full, now) + ((known.Asked + 1) * bucket.Emission) - now <= bucket.Span / 2;

    // Those that are through were not asked about.
    private void Answered(in BucketRequest request)
    {
        if (!request.IsThrough)
        {
            Ask(request.Key, -1);
            Ask(request.GlobalKey, -1);
        }
    }

    // Not below nothing: what was forgotten to make room is answered all the same.
    private void Ask(string key, int change)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_buckets, key, out _);
        known.Asked = Math.Max(0, known.Asked + change);
    }

    private BucketAnswer CountLocked(in BucketRequest request, long now)
    {
        var (full, globalFull) = (FullAt(request.Key, now), FullAt(request.GlobalKey, now));
        var wait = full + request.Bucket.Emission - request.Bucket.Span - now;
        var globalWait = globalFull + request.Global.Emission - request.Global.Span - now;
        if (wait > 0 || globalWait > 0)
        {
            return globalWait > wait ? new BucketAnswer(2, globalWait, full, globalFull, now) : new BucketAnswer(1, wait, full, globalFull, now);
        }

        Move(request.Key, full += request.Bucket.Emission);
        Move(request.GlobalKey, globalFull += request.Global.Emission);
        return new BucketAnswer(0, 0, full, globalFull, now);
    }

    private long FullAt(string key, long now) => Math.Max(_buckets.GetValueOrDefault(key).Full, now);

    private void Move(string key, long full) => CollectionsMarshal.GetValueRefOrAddDefault(_buckets, key, out _).Full = full;

    // What was let through since Redis was asked is in the known value and not yet in Redis's.
    private void Learn(string key, long full, long now)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_buckets, key, out _);
        known.Full = Math.Max(known.Full, full);
        known.LearntAt = now;
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Known
    {
        public long Full;
        public long LearntAt;

        /// <summary>Requests of this instance about which Redis is being asked.</summary>
        public int Asked;
    }
}
