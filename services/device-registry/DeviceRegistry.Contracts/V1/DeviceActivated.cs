namespace DeviceRegistry.Contracts.V1;

/// <summary>A device holds the group's key.</summary>
public sealed record DeviceActivated
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The device.</summary>
    public required Guid DeviceId { get; init; }

    /// <summary>The device's owner: the <c>sub</c> of his tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>The version of the group's key, 1 and up.</summary>
    public required long KeyVersion { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose clock or event led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
