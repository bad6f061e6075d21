namespace DeviceRegistry.Contracts.V1;

/// <summary>A device was handed the group's key by another one.</summary>
public sealed record KeyRequestGranted
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The group's name.</summary>
    public required string GroupName { get; init; }

    /// <summary>The request.</summary>
    public required Guid RequestId { get; init; }

    /// <summary>The device that asks for the group's key.</summary>
    public required Guid RequestingDeviceId { get; init; }

    /// <summary>The device that granted it.</summary>
    public required Guid GrantingDeviceId { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose event, or whose clock, led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
