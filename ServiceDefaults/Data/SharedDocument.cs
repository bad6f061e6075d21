namespace ServiceDefaults.Data;

/// <summary>
/// A document of somebody else's that is kept, and fetched by one call for all who want it. The call runs under its own limit and belongs to
/// nobody: who leaves stops waiting, and takes nothing from those who stay.
/// </summary>
/// <param name="freshFor">How long after a fetch it is as good as new.</param>
/// <param name="shortestInterval">The shortest time between the end of one fetch and the beginning of the next, whatever the reason to ask again.</param>
/// <param name="firstInterval">The same while there is no document at all; <see langword="null"/>: no shorter.</param>
public sealed class SharedDocument<T>(TimeProvider clock, TimeSpan freshFor, TimeSpan shortestInterval, TimeSpan? firstInterval = null)
    where T : class
{
    private readonly Lock _lock = new();
    private volatile Kept? _kept;
    private volatile bool _isOutOfReach;
    private Task _fetch = Task.CompletedTask;
    private DateTimeOffset _lastEnd = DateTimeOffset.MinValue;

    /// <summary>What was fetched last; <see langword="null"/> until a fetch has succeeded once.</summary>
    public T? Value => _kept?.Value;

    /// <summary>Whether its time has not passed.</summary>
    public bool IsFresh => _kept is { } kept && clock.GetUtcNow() - kept.At < freshFor;

    /// <summary>Whether the last fetch brought nothing. Then it is no use to wait for the next one where the kept document will do.</summary>
    public bool IsOutOfReach => _isOutOfReach;

    /// <summary>Fetches it, or joins the fetch that is under way. Nothing happens when the last one has just ended.</summary>
    /// <param name="fetch">Gives <see langword="null"/> when there is nothing to be had; then what is kept stays.</param>
    /// <returns>The end of the fetch, whatever came of it. To be waited for under the caller's own token.</returns>
    public Task RefreshAsync(Func<Task<T?>> fetch)
    {
        lock (_lock)
        {
            if (!_fetch.IsCompleted)
            {
                return _fetch;
            }

            if (clock.GetUtcNow() - _lastEnd < (_kept is null ? firstInterval ?? shortestInterval : shortestInterval))
            {
                return Task.CompletedTask;
            }

            // What is ambient for this request (correlation id, span) is not so for the others that wait.
            using (ExecutionContext.SuppressFlow())
            {
                return _fetch = Task.Run(() => FetchAsync(fetch));
            }
        }
    }

    private async Task FetchAsync(Func<Task<T?>> fetch)
    {
        T? value = null;
        try
        {
            value = await fetch();
        }
        finally
        {
            var now = clock.GetUtcNow();
            if (value is not null)
            {
                _kept = new Kept(value, now);
            }

            _isOutOfReach = value is null;
            lock (_lock)
            {
                _lastEnd = now;
            }
        }
    }

    private sealed record Kept(T Value, DateTimeOffset At);
}
