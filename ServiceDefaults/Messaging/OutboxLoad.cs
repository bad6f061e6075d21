namespace ServiceDefaults.Messaging;

/// <summary>
/// Decides when the relay stays awake instead of being woken: from some rate on, looking by itself is cheaper than a notification
/// with every commit (see <see cref="Outbox"/>).
/// </summary>
internal sealed class OutboxLoad(TimeProvider clock)
{
    /// <summary>How often an awake relay looks. Well below the 100 ms that an event may take to its consumer.</summary>
    public static readonly TimeSpan AwakeInterval = TimeSpan.FromMilliseconds(15);

    /// <summary>Events a second from which on the relay stays awake.</summary>
    private const int Threshold = 50;

    /// <summary>How long writers need not notify. Renewed when half of it is over.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How much longer the relay stays awake than it said: a writer that saw the promise just before its end still has to commit. One
    /// that takes longer is found by the poll.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private long _windowStart = clock.GetTimestamp();
    private int _windowCount;
    private long? _promised;

    public bool IsAwake => _promised is { } promised && clock.GetElapsedTime(promised) < Promise + Grace;

    /// <summary>Counts what a round has published.</summary>
    /// <returns>How long to promise to stay awake, if the load is worth it.</returns>
    public TimeSpan? Add(int published)
    {
        if (clock.GetElapsedTime(_windowStart) >= TimeSpan.FromSeconds(1))
        {
            _windowStart = clock.GetTimestamp();
            _windowCount = 0;
        }

        _windowCount += published;
        if (_windowCount < Threshold)
        {
            return null;
        }

        _promised = clock.GetTimestamp();
        return Promise;
    }
}
