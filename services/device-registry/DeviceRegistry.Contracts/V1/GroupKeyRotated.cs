namespace DeviceRegistry.Contracts.V1;

/// <summary>A group has a new key; the old one opens nothing new.</summary>
public sealed record GroupKeyRotated
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The version of the group's key, 1 and up.</summary>
    public required long KeyVersion { get; init; }

    /// <summary>The devices that the new key was wrapped for.</summary>
    public required int DevicesUpdated { get; init; }

    /// <summary>The devices that were left out of the new key and have to ask for it.</summary>
    public required int DevicesPendingKeyRequest { get; init; }

    /// <summary>Why, in the administrator's words, at most 256 characters.</summary>
    public string? Reason { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose clock or event led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
