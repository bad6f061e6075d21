using System.Collections.Frozen;
using System.Text;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Streams;

/// <summary>
/// An event as it goes over the wire (contract §6; WHATWG HTML §9.2). What every stream of a group gets is encoded once and shared.
/// </summary>
internal sealed class EventFrame
{
    private readonly string _name;
    private readonly string _data;
    private readonly byte[]? _bytes;
    private readonly FrozenSet<Guid>? _onlyFor;

    private EventFrame(byte[] bytes)
    {
        (_name, _data) = ("", "");
        _bytes = bytes;
    }

    private EventFrame(GroupEventId place, string name, string data, IReadOnlyList<Guid>? onlyFor)
    {
        Place = place;
        (_name, _data) = (name, data);
        _onlyFor = onlyFor?.ToFrozenSet();
        _bytes = onlyFor is null ? Encode(place, name, data) : null;
    }

    /// <summary>The comment that keeps an idle connection open.</summary>
    public static EventFrame Ping { get; } = new(": ping\n\n"u8.ToArray());

    /// <summary>The event's place in the group's stream, by which a stream knows what it has sent already.</summary>
    public GroupEventId? Place { get; }

    /// <summary>An event of the group.</summary>
    /// <param name="data">One line of JSON.</param>
    /// <param name="onlyFor">The devices that get it, each with its own <c>deviceId</c> added; <see langword="null"/>: every stream.</param>
    public static EventFrame Of(GroupEventId id, string name, string data, IReadOnlyList<Guid>? onlyFor = null) => new(id, name, data, onlyFor);

    /// <summary>
    /// History is lost. The id is the newest of the group: with it a client that reconnects goes on from here instead of being told the
    /// same again.
    /// </summary>
    public static EventFrame Resync(long groupId, GroupEventId newest, DateTimeOffset now)
        => new(Encode(newest, "resync", $$"""{"groupId":{{groupId}},"reason":"history_lost","at":"{{Timestamps.Text(now)}}"}"""));

    /// <summary>The service ends the stream.</summary>
    /// <param name="reason">One of <see cref="StreamEnd"/>.</param>
    public static EventFrame Closed(long groupId, string reason, DateTimeOffset now)
        => new(Encode(null, "stream_closed", $$"""{"groupId":{{groupId}},"reason":"{{reason}}","at":"{{Timestamps.Text(now)}}"}"""));

    /// <summary>The first bytes of a stream: how soon to reconnect, and where the group stands.</summary>
    public static EventFrame Connected(long groupId, Guid? deviceId, long keyVersion, DateTimeOffset now)
    {
        var device = deviceId is { } id ? $"\"deviceId\":\"{id}\"," : "";
        var data = $$"""{"groupId":{{groupId}},{{device}}"keyVersion":{{keyVersion}},"serverTime":"{{Timestamps.Text(now)}}"}""";
        return new([.. "retry: 3000\n\n"u8, .. Encode(null, "connected", data)]);
    }

    /// <summary>Whether a stream gets it.</summary>
    public bool IsFor(Guid? deviceId) => _onlyFor is null || (deviceId is { } device && _onlyFor.Contains(device));

    /// <summary>What a stream that gets it sends.</summary>
    public byte[] BytesFor(Guid? deviceId)
        => _bytes ?? Encode(Place, _name, string.Concat("{\"deviceId\":\"", deviceId.ToString(), "\",", _data.AsSpan(1)));

    // Two kinds of parsers are out there: by event name, and by the envelope in the data. The data is JSON without line breaks.
    private static byte[] Encode(GroupEventId? id, string name, string data)
        => Encoding.UTF8.GetBytes($"{(id is null ? "" : $"id: {id}\n")}event: {name}\ndata: {{\"event\":\"{name}\",\"data\":{data}}}\n\n");
}
