using System.Collections.Concurrent;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>At most so many attempts on one subject (an address, an account) in any window.</summary>
/// <param name="Name">What is attempted.</param>
/// <param name="Subject">Whom it concerns; kept as a hash.</param>
internal readonly record struct AttemptLimit(string Name, string Subject, int Limit, TimeSpan Window);

/// <summary>An attempt that was counted, or refused.</summary>
/// <param name="Wait">How long to wait, when a limit was reached; then nothing was counted.</param>
/// <param name="Reached">The limit that was reached, of several the one with the longest wait.</param>
internal sealed record Attempt(string Name, IReadOnlyList<AttemptLimit> Limits, TimeSpan? Wait = null, AttemptLimit? Reached = null);

/// <summary>
/// Limits on guessing and on mail (contract §3.1, §3.4, §5.1, §10), exact over any window and shared by all instances; while Redis is away
/// each instance counts for itself. Where only failures count, an attempt is counted before the secret is checked and forgiven when
/// it was right: parallel guesses cannot slip past the limit.
/// </summary>
internal sealed class AttemptLimiter(RedisCircuit redis, RedisKeys names, IdentityAuthOptions options, TimeProvider clock)
{
    private const int MaximumLocalSubjects = 100_000;

    private static readonly RedisScript Script = RedisScript.Load<IdentityAuthOptions>("attempts");

    private readonly ConcurrentDictionary<string, List<(long At, string Name)>> _local = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Counts a request that is limited as a protection against load; not counted while limits are switched off.</summary>
    public ValueTask<Attempt> CountRequestAsync(params AttemptLimit[] limits)
        => options.RateLimits ? CountAsync(limits) : ValueTask.FromResult(new Attempt("", limits));

    /// <summary>Counts an attempt at a secret; counted always.</summary>
    public async ValueTask<Attempt> CountAsync(params AttemptLimit[] limits)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var name = Guid.NewGuid().ToString("N");
        var answer = await redis.RunAsync(
            async database => (long[])(await Script.RunAsync(database, [.. limits.Select(KeyOf)], Arguments(limits, now, name)))!,
            () => CountLocally(limits, now, name));
        var (reached, wait) = (answer[0], answer[1]);
        return reached == 0 ? new Attempt(name, limits) : new Attempt(name, limits, TimeSpan.FromMilliseconds(wait), limits[reached - 1]);
    }

    /// <summary>The attempt was no failure: as if it had not been.</summary>
    public async ValueTask ForgiveAsync(Attempt attempt)
        => await redis.RunAsync(
            async database =>
            {
                foreach (var limit in attempt.Limits)
                {
                    await database.SortedSetRemoveAsync(KeyOf(limit), attempt.Name).WaitAsync(RedisScript.Timeout);
                }

                return true;
            },
            () => ForgiveLocally(attempt));

    /// <summary>Runs the check of an attempt that was counted. One that fails because something is away has checked nothing, and is forgiven.</summary>
    public async ValueTask<T> CheckAsync<T>(Attempt attempt, Func<ValueTask<T>> check)
    {
        try
        {
            return await check();
        }
        catch (Exception exception) when (Outage.Is(exception))
        {
            await ForgiveAsync(attempt);
            throw;
        }
    }

    private RedisKey KeyOf(AttemptLimit limit) => names.Attempts(limit.Name, limit.Subject);

    private static RedisValue[] Arguments(AttemptLimit[] limits, long now, string name)
        => [now, name, .. limits.SelectMany(limit => new RedisValue[] { limit.Limit, (long)limit.Window.TotalMilliseconds })];

    // The same steps as the script's.
    private long[] CountLocally(AttemptLimit[] limits, long now, string name)
    {
        lock (_lock)
        {
            if (_local.Count > MaximumLocalSubjects)
            {
                _local.Clear();
            }

            var (reached, wait) = (0L, 0L);
            for (var index = 0; index < limits.Length; index++)
            {
                var limit = limits[index];
                var attempts = AttemptsOf(limit);
                var window = (long)limit.Window.TotalMilliseconds;
                attempts.RemoveAll(attempt => attempt.At <= now - window);
                var missing = attempts.Count >= limit.Limit ? attempts[^limit.Limit].At + window - now : 0;
                if (missing > wait)
                {
                    (reached, wait) = (index + 1, missing);
                }
            }

            foreach (var limit in reached > 0 ? [] : limits)
            {
                AttemptsOf(limit).Add((now, name));
            }

            return [reached, wait];
        }
    }

    private bool ForgiveLocally(Attempt attempt)
    {
        lock (_lock)
        {
            foreach (var limit in attempt.Limits)
            {
                AttemptsOf(limit).RemoveAll(one => one.Name == attempt.Name);
            }
        }

        return true;
    }

    private List<(long At, string Name)> AttemptsOf(AttemptLimit limit) => _local.GetOrAdd($"{limit.Name}:{limit.Subject}", _ => []);
}
