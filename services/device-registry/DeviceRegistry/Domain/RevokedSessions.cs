using System.Collections.Concurrent;

namespace DeviceRegistry.Domain;

/// <summary>
/// Sessions that ended while tokens made for them are still valid: such a token is refused, though its signature is good. In memory, because every
/// request asks; <see cref="Revoke"/> is called with what is stored and with what is announced.
/// </summary>
public sealed class RevokedSessions(TimeProvider clock)
{
    /// <summary>The longest life of a token of identity-auth and the leeway: afterwards none can be around.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(330);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _sessions = new(StringComparer.Ordinal);
    private long _lastSweep = clock.GetTimestamp();

    /// <summary>Refuses the session's tokens from now on.</summary>
    public void Revoke(string sessionId, DateTimeOffset forgetAfter)
    {
        _sessions[sessionId] = forgetAfter;
        if (clock.GetElapsedTime(Interlocked.Read(ref _lastSweep)) > TimeSpan.FromMinutes(1))
        {
            Interlocked.Exchange(ref _lastSweep, clock.GetTimestamp());
            foreach (var (session, until) in _sessions)
            {
                if (until < clock.GetUtcNow())
                {
                    _sessions.TryRemove(session, out _);
                }
            }
        }
    }

    /// <summary>Whether tokens of this session are refused.</summary>
    public bool Contains(string? sessionId)
        => sessionId is not null && _sessions.TryGetValue(sessionId, out var until) && until >= clock.GetUtcNow();
}
