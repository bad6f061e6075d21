using System.Globalization;
using DeviceRegistry.Data;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace DeviceRegistry.Streams;

/// <summary>Reads the buffers of the groups that have news, a few at a time, and hands out what is new.</summary>
internal sealed partial class FeedWorkers(
    StreamHub hub, EventBuffer buffer, IConnectionMultiplexer redis, StreamKeys keys, TimeProvider clock, ILogger<FeedWorkers> logger) : BackgroundService
{
    private const int Workers = 8;

    /// <summary>Events of one look.</summary>
    private const int Batch = 64;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        redis.ConnectionRestored += (_, _) => hub.NotifyAll();
        var subscription = SubscribeAsync(stoppingToken);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync(stoppingToken)).Append(subscription));
    }

    // One channel for all groups: the message is the group's number. What gets lost here is found by the look that comes anyway.
    private async Task SubscribeAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await redis.GetSubscriber().SubscribeAsync(keys.Channel, (_, group) => OnNews(group)).WaitAsync(RedisScript.Timeout, stoppingToken);
                hub.NotifyAll();
                return;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is: streams without the channel would be late, and nobody would know.
                LogLater("the channel", exception.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void OnNews(RedisValue group)
    {
        if (long.TryParse((string?)group, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            hub.Notify(id);
        }
    }

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        await foreach (var feed in hub.Turns.ReadAllAsync(stoppingToken))
        {
            feed.BeginTurn();
            await LookAsync(feed);
            hub.EndTurn(feed);
        }
    }

    private async Task LookAsync(GroupFeed feed)
    {
        try
        {
            BufferedEvents read;
            do
            {
                read = await buffer.ReadAsync(feed.GroupId, feed.Position, Batch);
                feed.Take(read, clock.GetUtcNow());
                foreach (var stream in feed.Streams())
                {
                    await stream.LetCatchUpAsync();
                }
            }
            while (read.Events.Count == Batch);
        }
        catch (Exception exception)
        {
            if (!RedisFailure.Is(exception))
            {
                LogFailed(exception, feed.GroupId);
            }
            else if (!feed.HasFailed)
            {
                LogLater($"group {feed.GroupId}", exception.Message);
            }

            // Tried again by StreamClock.
            feed.Fail();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Events of {What} are read later: {Reason}")]
    private partial void LogLater(string what, string reason);

    [LoggerMessage(2, LogLevel.Error, "Events of group {Group} could not be read")]
    private partial void LogFailed(Exception exception, long group);
}
