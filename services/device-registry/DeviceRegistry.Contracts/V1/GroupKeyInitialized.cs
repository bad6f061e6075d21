namespace DeviceRegistry.Contracts.V1;

/// <summary>A group has its end-to-end key.</summary>
public sealed record GroupKeyInitialized
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The group's name.</summary>
    public required string GroupName { get; init; }

    /// <summary>The group's key version from now on, 1 and up.</summary>
    public required int KeyVersion { get; init; }

    /// <summary>How: <c>activation</c> of the first device, or <c>secrets</c> stored for the first time.</summary>
    public required string Through { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose event, or whose clock, led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
