using DeviceRegistry.Domain;

namespace DeviceRegistry.Messages;

/// <summary>
/// What a transaction has to tell a group's event streams, in order. From this service to itself, through the outbox, under the group's
/// aggregate: so an event is told only after the commit, never lost, and in the order in which the group's lock was held.
/// </summary>
public sealed record GroupEventsRaised
{
    /// <summary>The group.</summary>
    public required long GroupId { get; init; }

    /// <summary>The events.</summary>
    public required IReadOnlyList<GroupEvent> Events { get; init; }

    /// <summary>When they happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
