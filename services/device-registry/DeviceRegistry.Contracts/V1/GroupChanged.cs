using System.Text.Json;

namespace DeviceRegistry.Contracts.V1;

/// <summary>
/// Something happened in a group that its event streams tell: written in the transaction of the change, one message, or several for a change that
/// tells much. For device-registry's own streams; others listen to the events that are named after what happened.
/// </summary>
public sealed record GroupChanged
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>Counts this group's messages from 1 without a gap: a repetition and a missing one show.</summary>
    public required long Number { get; init; }

    /// <summary>What the streams say, in this order. May be empty, when streams only have to close.</summary>
    public required IReadOnlyList<GroupStreamEvent> Events { get; init; }

    /// <summary>The streams that end after <see cref="Events"/>.</summary>
    public required IReadOnlyList<GroupStreamClosure> Closures { get; init; }

    /// <summary>
    /// Whether the group has another name: what was known of members by the old one is of no use any more. Missing in messages of builds that
    /// did not tell.
    /// </summary>
    public bool? IsRenamed { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}

/// <summary>One event of a group's streams.</summary>
/// <param name="Event">Its name, such as <c>device_registered</c>.</param>
/// <param name="Data">Its members, without <c>groupId</c> and <c>at</c>, which every event has; for <paramref name="DeviceIds"/> also without <c>deviceId</c>.</param>
/// <param name="DeviceIds">The devices whose streams get it, each with its own <c>deviceId</c>; <see langword="null"/>: every stream of the group.</param>
public readonly record struct GroupStreamEvent(string Event, JsonElement Data, IReadOnlyList<Guid>? DeviceIds = null);

/// <summary>Streams that end.</summary>
/// <param name="Reason"><c>device_revoked</c>, <c>device_removed</c> or <c>membership_removed</c>.</param>
/// <param name="DeviceId">The streams of this device, or</param>
/// <param name="Identity">the streams of this person in the group.</param>
public readonly record struct GroupStreamClosure(string Reason, Guid? DeviceId = null, string? Identity = null);
