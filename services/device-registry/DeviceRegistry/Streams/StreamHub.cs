using System.Collections.Concurrent;
using System.Threading.Channels;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Streams;

/// <summary>The streams that are open on this instance, by group.</summary>
internal sealed class StreamHub(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<long, GroupFeed> _feeds = new();
    private readonly Channel<GroupFeed> _turns = Channel.CreateUnbounded<GroupFeed>();
    private bool _isClosed;
    private int _count;

    /// <summary>How many streams are open.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The feeds whose buffer is to be looked at.</summary>
    public ChannelReader<GroupFeed> Turns => _turns.Reader;

    /// <summary>Opens a stream: from now on it collects what happens in its group.</summary>
    public GroupFeed Open(EventStream stream)
    {
        GroupFeed feed;
        lock (_lock)
        {
            feed = _feeds.GetOrAdd(stream.Owner.GroupId, static id => new GroupFeed(id));
            feed.Add(stream);
            _count++;
            if (_isClosed)
            {
                stream.End(StreamEnd.Shutdown, clock.GetUtcNow());
            }
        }

        if (feed.Position is null)
        {
            Queue(feed);
        }

        return feed;
    }

    public void Close(EventStream stream)
    {
        stream.MarkClosed();
        lock (_lock)
        {
            if (_feeds.TryGetValue(stream.Owner.GroupId, out var feed))
            {
                if (feed.Remove(stream))
                {
                    _feeds.TryRemove(stream.Owner.GroupId, out _);
                }

                _count--;
            }
        }
    }

    /// <summary>A group has news.</summary>
    public void Notify(long groupId)
    {
        if (_feeds.TryGetValue(groupId, out var feed))
        {
            Queue(feed);
        }
    }

    /// <summary>Any group may have news.</summary>
    /// <param name="onlyFailed">Only groups whose last look failed.</param>
    public void NotifyAll(bool onlyFailed = false)
    {
        foreach (var (_, feed) in _feeds)
        {
            if (!onlyFailed || feed.HasFailed)
            {
                Queue(feed);
            }
        }
    }

    /// <summary>Queues a feed for a turn.</summary>
    public void Queue(GroupFeed feed)
    {
        if (feed.RequestTurn())
        {
            _turns.Writer.TryWrite(feed);
        }
    }

    /// <summary>A feed's turn is over.</summary>
    public void EndTurn(GroupFeed feed)
    {
        if (feed.EndTurn())
        {
            _turns.Writer.TryWrite(feed);
        }
    }

    /// <summary>The streams of the moment.</summary>
    public IEnumerable<EventStream> Streams() => _feeds.Values.SelectMany(feed => feed.Streams());

    /// <summary>Ends the streams of a session.</summary>
    public void EndSessions(IReadOnlySet<string> sessionIds)
    {
        foreach (var stream in Streams())
        {
            if (stream.Owner.SessionId is { } session && sessionIds.Contains(session))
            {
                stream.End(StreamEnd.SessionRevoked, clock.GetUtcNow());
            }
        }
    }

    /// <summary>Ends all streams, and every one that is opened later.</summary>
    public void Shutdown()
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        foreach (var stream in Streams())
        {
            stream.End(StreamEnd.Shutdown, clock.GetUtcNow());
        }
    }
}
