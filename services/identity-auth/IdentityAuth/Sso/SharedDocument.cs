namespace IdentityAuth.Sso;

/// <summary>
/// A document of the provider's that is kept, and fetched by one call for all who want it. The call runs under its own limit and belongs to
/// nobody: who leaves stops waiting, and takes nothing from those who stay.
/// </summary>
internal sealed class SharedDocument<T>(TimeProvider clock)
    where T : class
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);

    /// <summary>The shortest time between the end of one fetch and the beginning of the next, also for a key id that is not known.</summary>
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private volatile Kept? _kept;
    private Task _fetch = Task.CompletedTask;
    private DateTimeOffset _lastEnd = DateTimeOffset.MinValue;

    /// <summary>What was fetched last; <see langword="null"/> until a fetch has succeeded once.</summary>
    public T? Value => _kept?.Value;

    /// <summary>Whether it is less than an hour old.</summary>
    public bool IsFresh => _kept is { } kept && clock.GetUtcNow() - kept.At < FreshFor;

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

            if (clock.GetUtcNow() - _lastEnd < ShortestInterval)
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
        try
        {
            if (await fetch() is { } value)
            {
                _kept = new Kept(value, clock.GetUtcNow());
            }
        }
        finally
        {
            lock (_lock)
            {
                _lastEnd = clock.GetUtcNow();
            }
        }
    }

    private sealed record Kept(T Value, DateTimeOffset At);
}
