namespace DeviceRegistry.Contracts.V1;

/// <summary>A device asks the others for the group's key.</summary>
public sealed record KeyRequestCreated
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The key request.</summary>
    public required Guid RequestId { get; init; }

    /// <summary>The device that asked for the group's key.</summary>
    public required Guid RequestingDeviceId { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose clock or event led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
