using DeviceRegistry.Data;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Streams;

/// <summary>
/// What happens to streams by time alone, for all of them in one loop: pings, the end of tokens, the renewal of places and of the devices'
/// presence, and the last resort for a connection that takes nothing any more.
/// </summary>
internal sealed partial class StreamClock(StreamHub hub, StreamPlaces places, PresenceStore presence, TimeProvider clock, ILogger<StreamClock> logger)
    : BackgroundService
{
    /// <summary>Contract §6.</summary>
    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);

    /// <summary>How exact all of this is.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>Lost notifications cost at most this.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    /// <summary>Groups whose buffer could not be read are tried again this often.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private Task _renewal = Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, clock);
        var (lastLook, lastRetry) = (clock.GetUtcNow(), clock.GetUtcNow());
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = clock.GetUtcNow();
            var due = new List<EventStream>();
            foreach (var stream in hub.Streams())
            {
                if (now >= stream.Owner.ExpiresAt)
                {
                    stream.End(StreamEnd.TokenExpired, now);
                }
                else if (now >= stream.NextPing)
                {
                    stream.NextPing = now + PingInterval;
                    stream.Ping();
                    due.Add(stream);
                }

                stream.AbandonWhenStuck(now);
            }

            // A slow Redis must not delay pings: what is not renewed now is renewed with the next ping, in time.
            if (due.Count > 0 && _renewal.IsCompleted)
            {
                _renewal = RenewAsync(due);
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

    private async Task RenewAsync(List<EventStream> streams)
    {
        try
        {
            await Parallel.ForEachAsync(streams, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (stream, _) =>
            {
                if (stream.EndReason is null)
                {
                    await places.RenewAsync(stream.Owner, stream.Id);
                }

                if (stream is { EndReason: null, Owner.DeviceId: { } device })
                {
                    await presence.TouchAsync(stream.Owner.GroupId, device);
                }
            });
        }
        catch (Exception exception) when (RedisFailure.Is(exception))
        {
            LogLater(exception.Message);
        }
        catch (Exception exception)
        {
            LogFailed(exception);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Open streams are renewed later: {Reason}")]
    private partial void LogLater(string reason);

    [LoggerMessage(2, LogLevel.Error, "Open streams could not be renewed")]
    private partial void LogFailed(Exception exception);
}
