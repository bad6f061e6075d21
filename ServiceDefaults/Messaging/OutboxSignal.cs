namespace ServiceDefaults.Messaging;

/// <summary>Wakes the relay. Several calls while it works are one.</summary>
internal sealed class OutboxSignal : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(0, 1);

    public void Set()
    {
        try
        {
            _semaphore.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already set.
        }
    }

    /// <summary>Waits for a signal, but no longer than <paramref name="limit"/>.</summary>
    public Task WaitAsync(TimeSpan limit, CancellationToken cancellationToken) => _semaphore.WaitAsync(limit, cancellationToken);

    public void Dispose() => _semaphore.Dispose();
}
