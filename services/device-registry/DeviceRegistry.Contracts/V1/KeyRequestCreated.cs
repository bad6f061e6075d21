namespace DeviceRegistry.Contracts.V1;

/// <summary>A device asks for the group's key.</summary>
public sealed record KeyRequestCreated
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The group's name.</summary>
    public required string GroupName { get; init; }

    /// <summary>The request.</summary>
    public required Guid RequestId { get; init; }

    /// <summary>The device that asks for the group's key.</summary>
    public required Guid RequestingDeviceId { get; init; }

    /// <summary>The device's owner: the <c>sub</c> of his tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>When the request ends by itself (UTC).</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose event, or whose clock, led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
