using System.Collections.Concurrent;

namespace Gateway.Sessions;

/// <summary>
/// The sessions that ended a short while ago. Without it an exchange that was under way when the event came, or that an instance of
/// identity-auth answered before it heard of the end itself, would be kept and used for another half minute.
/// </summary>
internal sealed class RevokedSessions(TimeProvider clock)
{
    /// <summary>Twice the time for which an exchange is kept: by then every instance of identity-auth knows.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    /// <summary>About 15 MB at most; the oldest go first.</summary>
    private const int Capacity = 100_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _ended = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string SessionId, DateTimeOffset At)> _order = new();

    public void Add(string sessionId)
    {
        var now = clock.GetUtcNow();
        // Named once in the queue, however often the event is delivered: otherwise its first end would be forgotten with its second.
        if (_ended.TryAdd(sessionId, now))
        {
            _order.Enqueue((sessionId, now));
        }

        while (_order.TryPeek(out var oldest) && (now - oldest.At > Memory || _order.Count > Capacity) && _order.TryDequeue(out oldest))
        {
            _ended.TryRemove(oldest.SessionId, out _);
        }
    }

    public bool Contains(string sessionId) => _ended.ContainsKey(sessionId);
}
