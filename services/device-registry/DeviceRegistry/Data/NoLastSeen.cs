namespace DeviceRegistry.Data;

/// <summary>Nothing better is known than what the rows say.</summary>
internal sealed class NoLastSeen : ILastSeenReader
{
    private static readonly IReadOnlyDictionary<Guid, DateTimeOffset> Nothing = new Dictionary<Guid, DateTimeOffset>();

    public ValueTask<IReadOnlyDictionary<Guid, DateTimeOffset>> ReadAsync(long groupId, IReadOnlyCollection<Guid> deviceIds, CancellationToken cancellationToken)
        => ValueTask.FromResult(Nothing);
}
