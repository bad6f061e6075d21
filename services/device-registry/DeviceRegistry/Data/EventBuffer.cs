using System.Globalization;
using System.Text.Json;
using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Domain;
using DeviceRegistry.Streams;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>An entry of a group's stream.</summary>
/// <param name="Id">Its place.</param>
/// <param name="Frame">What is sent; <see langword="null"/> when it is only for the service.</param>
/// <param name="Closures">The streams that end after it.</param>
/// <param name="ChangeNumber">The change of the group that it is part of.</param>
internal sealed record BufferedEvent(GroupEventId Id, EventFrame? Frame, IReadOnlyList<GroupStreamClosure> Closures, long ChangeNumber);

/// <summary>What came after an event.</summary>
/// <param name="IsComplete">Whether nothing in between is lost. If something is, there are no events.</param>
/// <param name="Newest">The newest event of the group.</param>
/// <param name="Events">Oldest first.</param>
internal sealed record BufferedEvents(bool IsComplete, GroupEventId Newest, IReadOnlyList<BufferedEvent> Events);

/// <summary>
/// The last events of each group, in Redis: 1000 of them and at most 15 minutes (contract §6). All instances append to it and read from
/// it, so a client may reconnect to any of them.
/// </summary>
internal sealed class EventBuffer(IConnectionMultiplexer redis, StreamKeys keys, TimeProvider clock)
{
    /// <summary>Events that are kept.</summary>
    public const int Kept = 1000;

    /// <summary>How long they are kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(15);

    private static readonly RedisScript AppendScript = RedisScript.Load<DeviceRegistryOptions>("append", "append_change");
    private static readonly RedisScript ReadScript = RedisScript.Load<DeviceRegistryOptions>("append", "read_events");

    /// <summary>Appends what a change tells; once, however often that is asked for.</summary>
    public Task AppendAsync(GroupChanged change)
    {
        var arguments = new List<RedisValue>(4 + (4 * (change.Events.Count + 1)))
        {
            clock.GetUtcNow().ToUnixTimeMilliseconds(), keys.Channel, change.GroupId, change.Number,
        };
        foreach (var one in change.Events)
        {
            arguments.AddRange([one.Event, EventData.Write(change, one), one.DeviceIds is null ? "" : string.Join(',', one.DeviceIds), ""]);
        }

        // An entry of its own: it is sent to nobody, and comes after all that the streams are still to be told. A change that tells nothing has one too,
        // or nobody would see that one before it is missing.
        if (change.Closures.Count > 0 || change.Events.Count == 0)
        {
            arguments.AddRange(["", "", "", JsonSerializer.Serialize(change.Closures, JsonSerializerOptions.Web)]);
        }

        return AppendScript.RunAsync(redis.GetDatabase(), [keys.Stream(change.GroupId), keys.State(change.GroupId)], [.. arguments]);
    }

    /// <summary>Reads what came after an event.</summary>
    /// <param name="after">The event; without one only the newest id is told.</param>
    /// <param name="limit">At most so many.</param>
    public async Task<BufferedEvents> ReadAsync(long groupId, GroupEventId? after, int limit)
    {
        var answer = (RedisResult[])await ReadScript.RunAsync(
            redis.GetDatabase(),
            [keys.Stream(groupId), keys.State(groupId)],
            [clock.GetUtcNow().ToUnixTimeMilliseconds(), after?.ToString() ?? "", limit]);
        return new BufferedEvents((int)answer[0] == 1, IdOf((string)answer[1]), answer.Length < 3 ? [] : Array.ConvertAll((RedisResult[])answer[2], EventOf));
    }

    private static BufferedEvent EventOf(RedisResult entry)
    {
        var parts = (RedisResult[])entry;
        var fields = (RedisValue[])parts[1];
        var id = IdOf((string)parts[0]);
        string name = "", data = "", onlyFor = "", closures = "";
        // An entry that does not say belongs to no change, or is of an earlier version: it counts for everybody.
        var change = long.MaxValue;
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            string value = fields[i + 1]!;
            switch ((string)fields[i]!)
            {
                case "e":
                    name = value;
                    break;
                case "d":
                    data = value;
                    break;
                case "o":
                    onlyFor = value;
                    break;
                case "c":
                    closures = value;
                    break;
                case "n":
                    change = long.Parse(value, CultureInfo.InvariantCulture);
                    break;
                default:
                    // The entry before it, or a field of a later version.
                    break;
            }
        }

        return new BufferedEvent(
            id,
            name.Length == 0 ? null
                : onlyFor.Length == 0 ? EventFrame.Of(id, name, data)
                : EventFrame.Of(id, name, data, [.. onlyFor.Split(',').Select(Guid.Parse)]),
            closures.Length == 0 ? [] : JsonSerializer.Deserialize<GroupStreamClosure[]>(closures, JsonSerializerOptions.Web)!,
            change);
    }

    private static GroupEventId IdOf(string text)
        => GroupEventId.TryParse(text, out var id) ? id : throw new InvalidOperationException($"'{text}' is no event id.");
}
