namespace DeviceRegistry.Contracts.V1;

/// <summary>A group has a new end-to-end key.</summary>
public sealed record GroupKeyRotated
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The group's name.</summary>
    public required string GroupName { get; init; }

    /// <summary>The group's key version from now on, 1 and up.</summary>
    public required int KeyVersion { get; init; }

    /// <summary>How many devices were given the new key.</summary>
    public required int DevicesUpdated { get; init; }

    /// <summary>How many active devices were left out and have to ask for the key.</summary>
    public required int DevicesPendingKeyRequest { get; init; }

    /// <summary>Why, in the administrator's words, if he gave any.</summary>
    public string? Reason { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose event, or whose clock, led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
