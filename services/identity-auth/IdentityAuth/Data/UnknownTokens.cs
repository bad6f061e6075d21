namespace IdentityAuth.Data;

/// <summary>
/// Bounds what tokens that are no session's cost: every one is a look-up in Postgres, and it comes before the limits, because these have to
/// know whose request it is. An address whose tokens turned out to be none as often as the global limit lets a caller ask (§1.7) has to wait
/// before the next token that this instance does not know is looked up. Sessions that it knows are not held up.
/// </summary>
/// <remarks>
/// Nothing is remembered of a token: one that was none a moment ago may be made by another instance now. Counted by each instance for itself,
/// without a round trip to Redis, which would cost as much as the look-up that it saves.
/// </remarks>
internal sealed class UnknownTokens(IdentityAuthOptions options, TimeProvider clock)
{
    /// <summary>More addresses than this are not remembered at a time.</summary>
    private const int Capacity = 100_000;

    private readonly RateLimitBucket _bucket = new("unknown-token", options.GlobalRequestsPerSecond, TimeSpan.FromSeconds(1));
    private readonly Dictionary<string, long> _fullAt = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>A token is about to be looked up. Counted as none until <see cref="Forgive"/>, so that many at once cannot slip past.</summary>
    /// <returns>The refusal, if the address has to wait.</returns>
    public RateLimitDecision? Begin(string address)
    {
        var now = Now();
        lock (_lock)
        {
            if (_fullAt.Count > Capacity)
            {
                _fullAt.Clear();
            }

            var full = Math.Max(_fullAt.GetValueOrDefault(address), now);
            var missing = full + _bucket.Emission - _bucket.Span - now;
            if (missing > 0)
            {
                return new RateLimitDecision(
                    _bucket, IsGlobal: true, Remaining: 0, DateTimeOffset.FromUnixTimeMilliseconds(full / 1000), TimeSpan.FromMicroseconds(missing));
            }

            _fullAt[address] = full + _bucket.Emission;
            return null;
        }
    }

    /// <summary>The token was a session's.</summary>
    public void Forgive(string address)
    {
        var now = Now();
        lock (_lock)
        {
            if (_fullAt.TryGetValue(address, out var full) && full - _bucket.Emission > now)
            {
                _fullAt[address] = full - _bucket.Emission;
            }
            else
            {
                _fullAt.Remove(address);
            }
        }
    }

    private long Now() => clock.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
}
