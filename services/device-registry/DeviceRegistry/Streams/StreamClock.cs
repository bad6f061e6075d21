using System.Threading.Channels;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using ServiceDefaults.Data;

namespace DeviceRegistry.Streams;

/// <summary>
/// What happens to streams by time alone, for all of them in one loop: pings, the end of tokens, the renewal of places and of the devices'
/// presence, and the last resort for a connection that takes nothing any more.
/// </summary>
internal sealed partial class StreamClock(
    StreamHub hub, StreamPlaces places, PresenceStore presence, LastSeenWriter rows, TimeProvider clock, ILogger<StreamClock> logger) : BackgroundService
{
    /// <summary>Contract §6.</summary>
    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);

    /// <summary>How exact all of this is.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>Lost notifications cost at most this.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    /// <summary>Groups whose buffer could not be read are tried again this often.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Renewals under way at once.</summary>
    private const int Renewers = 8;

    private readonly Channel<EventStream> _due = Channel.CreateUnbounded<EventStream>();

    // None of them ends before the service does: if one fails all the same, the host has to learn of it.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        => await await Task.WhenAny(Enumerable.Range(0, Renewers).Select(_ => RenewAsync(stoppingToken)).Append(TickAsync(stoppingToken)));

    private async Task TickAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, clock);
        var (lastLook, lastRetry) = (clock.GetUtcNow(), clock.GetUtcNow());
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = clock.Now;
            foreach (var stream in hub.Streams())
            {
                if (now >= stream.Owner.ExpiresAt)
                {
                    stream.End(StreamEnd.TokenExpired, now);
                }
                else if (now >= stream.NextPing)
                {
                    stream.NextPing = stream.NextPing + PingInterval > now ? stream.NextPing + PingInterval : now + PingInterval;
                    stream.Ping();
                    // By others: a slow Redis must not delay the pings.
                    _due.Writer.TryWrite(stream);
                }

                if (stream is { EndReason: null, Owner.DeviceId: { } device } && now >= stream.NextRow)
                {
                    // As with heartbeats (contract §5.8): what has only a stream open is there too, also when Redis is not.
                    rows.Add(device, now);
                    stream.NextRow = now + PresenceStore.WriteInterval;
                }

                stream.AbandonWhenStuck(now);
            }

            if (now - lastLook >= LookInterval)
            {
                hub.NotifyAll();
                lastLook = now;
            }
            else if (now - lastRetry >= RetryInterval)
            {
                hub.NotifyAll(onlyFailed: true);
                lastRetry = now;
            }
        }
    }

    private async Task RenewAsync(CancellationToken stoppingToken)
    {
        await foreach (var stream in _due.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await RenewAsync(stream);
            }
            catch (Exception exception) when (RedisFailure.Is(exception))
            {
                // Places and presence outlast several pings: the others are renewed with the next one too.
                while (_due.Reader.TryRead(out _))
                {
                }

                LogLater(exception.Message);
            }
            catch (Exception exception)
            {
                LogFailed(exception);
            }
        }
    }

    /// <summary>Keeps a stream's place and its device's presence.</summary>
    internal async Task RenewAsync(EventStream stream)
    {
        if (stream is { EndReason: null, IsClosed: false })
        {
            await places.RenewAsync(stream.Owner.Access, stream.Id);
            if (stream.IsClosed)
            {
                // Closed meanwhile: its place may have been given back just before.
                await places.ReleaseAsync(stream.Owner.Access, stream.Id);
            }
        }

        if (stream is { EndReason: null, IsClosed: false, Owner.DeviceId: { } device })
        {
            await presence.TouchAsync(stream.Owner.GroupId, device);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Open streams are renewed later: {Reason}")]
    private partial void LogLater(string reason);

    [LoggerMessage(2, LogLevel.Error, "Open streams could not be renewed")]
    private partial void LogFailed(Exception exception);
}
