using System.Threading.Channels;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>
/// Takes heartbeats to Redis: those that come while a call is under way go together in the next one. A single beat waits for nothing, and many
/// share the cost of a call, which is several times that of everything else in a beat.
/// </summary>
internal sealed class BeatQueue(IConnectionMultiplexer redis, StreamKeys keys, DeviceRegistryOptions options, TimeProvider clock) : BackgroundService
{
    /// <summary>Beats of one call: Redis does nothing else meanwhile.</summary>
    private const int Batch = 64;

    private static readonly RedisScript Script = RedisScript.Load("append", "presence", "heartbeat");

    private readonly Channel<Beat> _waiting = Channel.CreateUnbounded<Beat>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Records a beat.</summary>
    /// <returns>The script's answer.</returns>
    public Task<long> RecordAsync(Caller caller, long groupId, Guid deviceId, string? granted)
    {
        var beat = new Beat(caller, groupId, deviceId, granted);
        return _waiting.Writer.TryWrite(beat)
            ? beat.Answer.Task.WaitAsync(RedisScript.Timeout)
            : Task.FromException<long>(new TimeoutException("The service stops."));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var beats = new List<Beat>(Batch);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                while (beats.Count < Batch && _waiting.Reader.TryRead(out var beat))
                {
                    beats.Add(beat);
                }

                await RecordAsync(beats);
                beats.Clear();
            }
        }
        finally
        {
            _waiting.Writer.TryComplete();
        }
    }

    private async Task RecordAsync(List<Beat> beats)
    {
        try
        {
            var answers = (long[])await Script.RunAsync(redis.GetDatabase(), KeysOf(beats), ArgumentsOf(beats));
            for (var i = 0; i < beats.Count; i++)
            {
                beats[i].Answer.TrySetResult(answers[i]);
            }
        }
        catch (Exception exception)
        {
            foreach (var beat in beats)
            {
                beat.Answer.TrySetException(exception);
            }
        }
    }

    private RedisKey[] KeysOf(List<Beat> beats)
    {
        var names = new RedisKey[6 * beats.Count];
        var next = 0;
        foreach (var beat in beats)
        {
            names[next++] = keys.Device(beat.GroupId, beat.DeviceId);
            names[next++] = keys.Beats(beat.GroupId, beat.DeviceId);
            names[next++] = keys.Seen(beat.GroupId);
            names[next++] = keys.Online;
            names[next++] = keys.Stream(beat.GroupId);
            names[next++] = keys.State(beat.GroupId);
        }

        return names;
    }

    private RedisValue[] ArgumentsOf(List<Beat> beats)
    {
        var now = clock.GetUtcNow();
        var values = new RedisValue[7 + (6 * beats.Count)];
        values[0] = now.ToUnixTimeMilliseconds();
        values[1] = Timestamps.Text(now);
        values[2] = keys.Channel;
        values[3] = options.RateLimits ? PresenceStore.Limit : 0;
        values[4] = (long)PresenceStore.LimitWindow.TotalMilliseconds;
        values[5] = (long)PresenceStore.CheckedFor.TotalMilliseconds;
        values[6] = (long)PresenceStore.WriteInterval.TotalMilliseconds;
        var next = 7;
        foreach (var (caller, groupId, deviceId, granted) in beats)
        {
            values[next++] = groupId;
            values[next++] = deviceId.ToString();
            values[next++] = caller.Identity;
            values[next++] = caller.Groups.Count == 0 ? "" : $"\n{string.Join('\n', caller.Groups)}\n";
            values[next++] = granted is null ? "" : "1";
            values[next++] = granted ?? "";
        }

        return values;
    }

    private sealed record Beat(Caller Caller, long GroupId, Guid DeviceId, string? Granted)
    {
        // The requests go on by themselves, not one after the other on the thread that reads the answer.
        public TaskCompletionSource<long> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
