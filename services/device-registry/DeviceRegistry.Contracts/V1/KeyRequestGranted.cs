namespace DeviceRegistry.Contracts.V1;

/// <summary>A device was handed the group's key, wrapped for it alone.</summary>
public sealed record KeyRequestGranted
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The key request.</summary>
    public required Guid RequestId { get; init; }

    /// <summary>The device that asked for the group's key.</summary>
    public required Guid RequestingDeviceId { get; init; }

    /// <summary>The device that wrapped it.</summary>
    public required Guid GrantingDeviceId { get; init; }

    /// <summary>The version of the group's key, 1 and up.</summary>
    public required long KeyVersion { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose clock or event led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
