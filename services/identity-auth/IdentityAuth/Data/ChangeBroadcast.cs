using System.Globalization;
using IdentityAuth.Domain;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>
/// Tells this instance at once, and the others within a moment, what to forget. The same comes by event from the outbox, so a message
/// lost here costs milliseconds; without both, <see cref="IdentityAuthOptions.CacheLifetime"/> holds.
/// </summary>
internal sealed partial class ChangeBroadcast(
    IConnectionMultiplexer redis, RedisKeys names, SessionDirectory directory, TimeProvider clock, ILogger<ChangeBroadcast> logger) : BackgroundService
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);

    private RedisChannel Channel => new(names.Changes, RedisChannel.PatternMode.Literal);

    /// <summary>These sessions of an account have ended. Call it after the commit and before the answer.</summary>
    public Task SessionsEndedAsync(IReadOnlyList<byte[]> hashes)
    {
        directory.ForgetSessions(hashes);
        return hashes.Count == 0 ? Task.CompletedTask : PublishAsync($"s {string.Join(' ', hashes.Select(hash => SessionToken.IdHash(hash)))}");
    }

    /// <summary>An account has changed. Call it after the commit and before the answer.</summary>
    public Task UserChangedAsync(long userId)
    {
        directory.ForgetUser(userId);
        return PublishAsync($"u {Snowflake.Text(userId)}");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The client takes the subscription up again by itself after a reconnect; only the first one can fail.
        while (true)
        {
            try
            {
                await redis.GetSubscriber().SubscribeAsync(Channel, (_, message) => Apply(message!));
                return;
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                LogNotSubscribed(exception.GetType().Name);
                await Task.Delay(RetryPause, clock, stoppingToken);
            }
        }
    }

    private async Task PublishAsync(string message)
    {
        try
        {
            await redis.GetSubscriber().PublishAsync(Channel, message).WaitAsync(Timeout);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogNotPublished(exception.GetType().Name);
        }
    }

    private void Apply(string message)
    {
        var parts = message.Split(' ');
        if (parts[0] == "u" && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var userId))
        {
            directory.ForgetUser(userId);
        }
        else if (parts[0] == "s")
        {
            directory.ForgetSessions(parts.Skip(1).Select(text => SessionToken.TryReadIdHash(text, out var hash) ? hash : null).OfType<byte[]>());
        }
    }

    [LoggerMessage(LogLevel.Warning, "Changes cannot be heard through Redis yet ({Reason})")]
    private partial void LogNotSubscribed(string reason);

    [LoggerMessage(LogLevel.Warning, "A change could not be told through Redis ({Reason}); the event will")]
    private partial void LogNotPublished(string reason);
}
