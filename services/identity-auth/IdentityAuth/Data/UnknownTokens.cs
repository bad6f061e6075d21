namespace IdentityAuth.Data;

/// <summary>
/// Bounds what tokens that are no session's cost: every one is a look-up in Postgres, and it comes before the limits, because these have to
/// know whose request it is. An address whose tokens turned out to be none as often as the global limit lets a caller ask (§1.7) has to wait
/// before the next token that this instance does not know is looked up. Sessions that it knows are not held up, and sessions that it does not
/// know yet are no unknown tokens, however many come at once: only a look-up that found nothing is charged.
/// </summary>
/// <remarks>
/// Nothing is remembered of a token: one that was none a moment ago may be made by another instance now. Counted by each instance for itself,
/// without a round trip to Redis, which would cost as much as the look-up that it saves.
/// </remarks>
internal sealed class UnknownTokens(IdentityAuthOptions options, TimeProvider clock)
{
    /// <summary>
    /// Look-ups of one address that are under way at once; the next ones wait for their turn. One takes about a millisecond, so this is more
    /// than an office behind one address needs, and a fraction of the connections to Postgres.
    /// </summary>
    public const int MaximumAtOnce = 16;

    /// <summary>More addresses than this are not remembered at a time.</summary>
    private const int Capacity = 100_000;

    private readonly RateLimitBucket _bucket = new("unknown-token", options.GlobalRequestsPerSecond, TimeSpan.FromSeconds(1));
    private readonly Dictionary<string, Address> _addresses = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Waits until a token may be looked up. Afterwards comes <see cref="End"/>, whatever came of it.</summary>
    /// <returns>The refusal, if the address has to wait for longer; then nothing has begun.</returns>
    public async ValueTask<RateLimitDecision?> BeginAsync(string address, CancellationToken cancellationToken)
    {
        while (true)
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                var one = Find(address);
                var now = Now();
                var full = Math.Max(one.FullAt, now);
                var missing = full + _bucket.Emission - _bucket.Span - now;
                if (missing > 0)
                {
                    one.WakeNext(); // for the same answer
                    return new RateLimitDecision(
                        _bucket, IsGlobal: true, Remaining: 0, DateTimeOffset.FromUnixTimeMilliseconds(full / 1000), TimeSpan.FromMicroseconds(missing));
                }

                // Those under way may all find nothing.
                if (one.UnderWay < MaximumAtOnce && missing + (one.UnderWay * _bucket.Emission) <= 0)
                {
                    one.UnderWay++;
                    return null;
                }

                one.Waiting.Enqueue(turn);
            }

            // Whoever leaves is passed over when it would be his turn.
            await using var leaving = cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken));
            await turn.Task;
        }
    }

    /// <summary>A look-up has ended.</summary>
    /// <param name="foundNothing">Whether the token is no session's. Not so when the look-up failed: that says nothing about the token.</param>
    public void End(string address, bool foundNothing)
    {
        var now = Now();
        lock (_lock)
        {
            var one = Find(address);
            one.UnderWay--;
            if (foundNothing)
            {
                one.FullAt = Math.Max(one.FullAt, now) + _bucket.Emission;
            }

            one.WakeNext();
            if (one.IsIdle(now))
            {
                _addresses.Remove(address);
            }
        }
    }

    private Address Find(string address)
    {
        if (_addresses.TryGetValue(address, out var known))
        {
            return known;
        }

        if (_addresses.Count >= Capacity)
        {
            // Those for whom something is under way are few: they are bounded by the requests in this process.
            foreach (var (name, _) in _addresses.Where(one => !one.Value.IsBusy).ToList())
            {
                _addresses.Remove(name);
            }
        }

        return _addresses[address] = new Address();
    }

    private long Now() => clock.GetUtcNow().ToUnixTimeMilliseconds() * 1000;

    /// <summary>One address. Times are in microseconds of unix time.</summary>
    private sealed class Address
    {
        /// <summary>When its bucket is full again.</summary>
        public long FullAt { get; set; }

        public int UnderWay { get; set; }

        public Queue<TaskCompletionSource> Waiting { get; } = new();

        public bool IsBusy => UnderWay > 0 || Waiting.Count > 0;

        public bool IsIdle(long now) => !IsBusy && FullAt <= now;

        public void WakeNext()
        {
            while (Waiting.TryDequeue(out var next))
            {
                if (next.TrySetResult())
                {
                    return;
                }
            }
        }
    }
}
