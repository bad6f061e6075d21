using DeviceRegistry.Data;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Streams;

/// <summary>
/// The one reader of a group's events on this instance, for all its streams. It reads from the shared buffer, from where it stood, so
/// what wakes it may get lost or come twice.
/// </summary>
internal sealed class GroupFeed(long groupId)
{
    private readonly Lock _lock = new();
    private readonly List<EventStream> _streams = [];
    private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GroupEventId? _position;
    private bool _missedStart;
    private int _turn;

    public long GroupId => groupId;

    /// <summary>Where it stands; <see langword="null"/> before the first successful look.</summary>
    public GroupEventId? Position
    {
        get
        {
            lock (_lock)
            {
                return _position;
            }
        }
    }

    /// <summary>Whether the last look failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>
    /// Over after the first look, whether it succeeded or not: a stream must not say that it is connected before. What happens from then
    /// on arrives, or a <c>resync</c> does.
    /// </summary>
    public Task Looked => _looked.Task;

    /// <summary>Asks for a turn.</summary>
    /// <returns>Whether the caller has to queue the feed; if not, it is queued or will look again by itself.</returns>
    public bool RequestTurn()
    {
        while (true)
        {
            var turn = Volatile.Read(ref _turn);
            if (turn is Turn.Queued or Turn.RunningAndAgain)
            {
                return false;
            }

            var next = turn == Turn.Idle ? Turn.Queued : Turn.RunningAndAgain;
            if (Interlocked.CompareExchange(ref _turn, next, turn) == turn)
            {
                return next == Turn.Queued;
            }
        }
    }

    /// <summary>A worker begins the turn.</summary>
    public void BeginTurn() => Volatile.Write(ref _turn, Turn.Running);

    /// <summary>Ends the turn.</summary>
    /// <returns>Whether the feed has to be queued again.</returns>
    public bool EndTurn() => Interlocked.CompareExchange(ref _turn, Turn.Idle, Turn.Running) != Turn.Running && Requeue();

    public void Add(EventStream stream)
    {
        lock (_lock)
        {
            _streams.Add(stream);
        }
    }

    /// <returns>Whether nobody is left.</returns>
    public bool Remove(EventStream stream)
    {
        lock (_lock)
        {
            _streams.Remove(stream);
            return _streams.Count == 0;
        }
    }

    /// <summary>The streams of the moment.</summary>
    public EventStream[] Streams()
    {
        lock (_lock)
        {
            return [.. _streams];
        }
    }

    /// <summary>The buffer could not be read.</summary>
    public void Fail()
    {
        lock (_lock)
        {
            HasFailed = true;
            _missedStart |= _position is null;
        }

        _looked.TrySetResult();
    }

    /// <summary>Hands out what was read.</summary>
    public void Take(BufferedEvents read, DateTimeOffset now)
    {
        lock (_lock)
        {
            HasFailed = false;
            if (_position is null)
            {
                if (_missedStart)
                {
                    Send(EventFrame.Resync(groupId, read.Newest, now), now);
                }

                _position = read.Newest;
            }
            else if (!read.IsComplete)
            {
                Send(EventFrame.Resync(groupId, read.Newest, now), now);
                _position = read.Newest;
            }
            else
            {
                foreach (var one in read.Events)
                {
                    _position = one.Id;
                    Take(one, now);
                }
            }
        }

        _looked.TrySetResult();
    }

    private void Take(BufferedEvent one, DateTimeOffset now)
    {
        if (one.Frame is { } frame)
        {
            Send(frame, now);
        }

        foreach (var closure in one.Closures)
        {
            foreach (var stream in _streams)
            {
                if (stream.Owner.IsMeantBy(closure, one.ChangeNumber))
                {
                    stream.End(closure.Reason, now);
                }
            }
        }
    }

    private void Send(EventFrame frame, DateTimeOffset now)
    {
        foreach (var stream in _streams)
        {
            if (!stream.TrySend(frame))
            {
                stream.End(StreamEnd.SlowConsumer, now);
            }
        }
    }

    private bool Requeue()
    {
        Volatile.Write(ref _turn, Turn.Queued);
        return true;
    }

    private static class Turn
    {
        public const int Idle = 0;
        public const int Queued = 1;
        public const int Running = 2;
        public const int RunningAndAgain = 3;
    }
}
