using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Gateway.Sessions;

/// <summary>
/// Session tokens become access tokens (platform design §5). An exchange is kept for at most 30 s and dropped when its session ends;
/// of requests with the same token that come together, one asks.
/// </summary>
/// <remarks>Only sessions that are valid take room: a refusal is not kept.</remarks>
internal sealed class SessionExchange(TokenEndpoint endpoint, RevokedSessions revoked, IOptions<GatewayOptions> options, TimeProvider clock)
{
    /// <summary>How long an exchange is used. A session that ended is refused after this even if the broker is down.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>How many exchanges are kept or under way.</summary>
    public int Count => _entries.Count;

    /// <summary>The access token for a session token, or why there is none.</summary>
    public async Task<ExchangeResult> GetAsync(string token, string clientAddress, string correlationId, CancellationToken cancellationToken)
    {
        var sessionId = SessionToken.SessionIdOf(token);
        if (revoked.Contains(sessionId))
        {
            return ExchangeResult.Unauthorized;
        }

        var entry = FindOrAdd(sessionId, () => endpoint.ExchangeAsync(token, clientAddress, correlationId));
        // Not cancelled with the request: others wait for the same exchange.
        var result = await entry.Result.WaitAsync(cancellationToken);

        // The session may have ended meanwhile.
        return revoked.Contains(sessionId) ? ExchangeResult.Unauthorized : result;
    }

    /// <summary>The session has ended.</summary>
    public void Drop(string sessionId)
    {
        // In this order: whoever finds no entry from here on finds the end.
        revoked.Add(sessionId);
        _entries.TryRemove(sessionId, out _);
    }

    private Entry FindOrAdd(string sessionId, Func<Task<ExchangeResult>> exchange)
    {
        var now = clock.GetUtcNow();
        while (true)
        {
            if (!_entries.TryGetValue(sessionId, out var entry))
            {
                MakeRoom(now);
                Entry added = null!;
                added = new Entry(() => ForgetFailureAsync(sessionId, added, exchange), now + Lifetime);
                entry = _entries.GetOrAdd(sessionId, added);
            }

            if (entry.IsUsable(now))
            {
                return entry;
            }

            _entries.TryRemove(KeyValuePair.Create(sessionId, entry));
        }
    }

    /// <summary>Whether anybody still waits or not: a failure is not kept.</summary>
    private async Task<ExchangeResult> ForgetFailureAsync(string sessionId, Entry entry, Func<Task<ExchangeResult>> exchange)
    {
        ExchangeResult? result = null;
        try
        {
            return result = await exchange();
        }
        finally
        {
            if (result?.Status != StatusCodes.Status200OK)
            {
                _entries.TryRemove(KeyValuePair.Create(sessionId, entry));
            }
        }
    }

    private void MakeRoom(DateTimeOffset now)
    {
        var capacity = options.Value.MaxKeptExchanges;
        if (_entries.Count < capacity)
        {
            return;
        }

        // The dead first; if that is not enough, a tenth of the living, so that this is not done again at once.
        var surplus = Math.Max(1, capacity / 10);
        foreach (var pair in _entries.OrderBy(pair => pair.Value.UsableUntil).Take(surplus))
        {
            _entries.TryRemove(pair);
        }

        foreach (var pair in _entries.Where(pair => !pair.Value.IsUsable(now)))
        {
            _entries.TryRemove(pair);
        }
    }

    /// <summary>An exchange that is under way or done. Its time runs from its beginning.</summary>
    private sealed class Entry(Func<Task<ExchangeResult>> exchange, DateTimeOffset usableUntil)
    {
        private readonly Lazy<Task<ExchangeResult>> _result = new(exchange);

        public Task<ExchangeResult> Result => _result.Value;

        public DateTimeOffset UsableUntil => usableUntil;

        public bool IsUsable(DateTimeOffset now) => now < usableUntil;
    }
}
