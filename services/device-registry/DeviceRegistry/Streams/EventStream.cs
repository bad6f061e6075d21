using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Streams;

/// <summary>
/// One open stream: a bounded queue between whoever has news and the connection. News never wait for the connection.
/// </summary>
/// <param name="abort">Cuts the connection.</param>
internal sealed class EventStream(StreamOwner owner, Guid id, DateTimeOffset openedAt, Action abort)
{
    /// <summary>Events that a reader may be behind (contract §6).</summary>
    public const int Capacity = 256;

    /// <summary>From here on the others wait for the reader for a moment.</summary>
    private const int HighWater = Capacity / 2;

    /// <summary>How long a reader may take to show that it reads …</summary>
    private static readonly TimeSpan Courtesy = TimeSpan.FromMilliseconds(20);

    /// <summary>… and how often in a row.</summary>
    private const int LongestCourtesy = 5;

    /// <summary>How long a connection may take for its last words; a reader that is too slow may never take them.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly Channel<EventFrame> _frames = Channel.CreateBounded<EventFrame>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private volatile bool _isClosed;
    private string? _endReason;
    private DateTimeOffset? _endedAt;

    public StreamOwner Owner => owner;

    /// <summary>Names the stream among the caller's.</summary>
    public Guid Id => id;

    /// <summary>When the next ping is due.</summary>
    public DateTimeOffset NextPing { get; set; } = openedAt + StreamClock.PingInterval;

    /// <summary>When its device's row is next told that the device is there.</summary>
    public DateTimeOffset NextRow { get; set; } = openedAt;

    /// <summary>Why the stream ends; one of <see cref="StreamEnd"/>. <see langword="null"/>: it does not.</summary>
    public string? EndReason => Volatile.Read(ref _endReason);

    /// <summary>Whether nobody holds it open any more: its place is free.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>The hub has let go of it.</summary>
    public void MarkClosed() => _isClosed = true;

    /// <summary>How many events the reader is behind.</summary>
    public int Backlog => _frames.Reader.Count;

    /// <summary>Whether the connection takes nothing at the moment, as far as is known.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>
    /// Waits until the reader is less far behind, for as long as it reads at all: a burst is not its fault, and its standstill not the others'.
    /// </summary>
    public async Task LetCatchUpAsync()
    {
        for (int before = Backlog, waits = 0; before > HighWater && !IsStuck && EndReason is null && waits < LongestCourtesy; waits++)
        {
            await Task.Delay(Courtesy);
            var now = Backlog;
            IsStuck = now >= before;
            before = now;
        }
    }

    /// <summary>Queues an event, if it is meant for this stream.</summary>
    /// <returns>Whether it fitted in. If not, the reader is too far behind.</returns>
    public bool TrySend(EventFrame frame) => !frame.IsFor(owner.DeviceId) || EndReason is not null || _frames.Writer.TryWrite(frame) || EndReason is not null;

    /// <summary>Queues a ping, unless something is on its way anyway.</summary>
    public void Ping()
    {
        if (Backlog == 0)
        {
            _frames.Writer.TryWrite(EventFrame.Ping);
        }
    }

    /// <summary>Ends the stream after what is queued; the first reason counts.</summary>
    public void End(string reason, DateTimeOffset now)
    {
        if (Interlocked.CompareExchange(ref _endReason, reason, null) is null)
        {
            _endedAt = now;
            _frames.Writer.TryComplete();
        }
    }

    /// <summary>Cuts the connection of a stream that has ended and still waits for its reader.</summary>
    public void AbandonWhenStuck(DateTimeOffset now)
    {
        if (_endedAt is { } end && now - end >= Farewell)
        {
            abort();
        }
    }

    /// <summary>Sends what is queued until the stream ends, then says why.</summary>
    /// <param name="after">The newest event that the client has: up to it nothing is repeated.</param>
    public async Task RunAsync(PipeWriter body, GroupEventId? after, TimeProvider clock, CancellationToken cancellationToken)
    {
        // A reader that was too slow gets the reason as soon as it reads again, not what it has missed.
        while (EndReason != StreamEnd.SlowConsumer && await _frames.Reader.WaitToReadAsync(cancellationToken))
        {
            var wrote = false;
            while (EndReason != StreamEnd.SlowConsumer && _frames.Reader.TryRead(out var frame))
            {
                if (frame.Place is null || after is null || frame.Place > after)
                {
                    body.Write(frame.BytesFor(owner.DeviceId));
                    wrote = true;
                }
            }

            if (wrote)
            {
                await body.FlushAsync(cancellationToken);
                IsStuck = false;
            }
        }

        body.Write(EventFrame.Closed(owner.GroupId, EndReason ?? StreamEnd.Shutdown, clock.GetUtcNow()).BytesFor(owner.DeviceId));
        await body.FlushAsync(cancellationToken);
    }
}
