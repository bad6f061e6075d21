namespace DeviceRegistry.Data;

/// <summary>
/// When devices were last heard of, as far as that is newer than what their rows say: heartbeats reach the rows only now and then (contract §5.8).
/// </summary>
internal interface ILastSeenReader
{
    /// <summary>The newest known moments of some devices of a group; devices of which nothing newer is known are left out.</summary>
    ValueTask<IReadOnlyDictionary<Guid, DateTimeOffset>> ReadAsync(long groupId, IReadOnlyCollection<Guid> deviceIds, CancellationToken cancellationToken);
}
