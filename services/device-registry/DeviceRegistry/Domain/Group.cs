namespace DeviceRegistry.Domain;

/// <summary>A group, with the state of its end-to-end key (contract §3.3).</summary>
public sealed record Group
{
    /// <summary>Its number, 1 – 2⁵³−1.</summary>
    public required long Id { get; init; }

    /// <summary>By which tokens speak of it.</summary>
    public required string Name { get; init; }

    public string? LongName { get; init; }

    public string? Description { get; init; }

    public string? Avatar { get; init; }

    public string? Url { get; init; }

    public string? SubscriptionUuid { get; init; }

    /// <summary>The version of the key; 0 when there never was one. Never decreases.</summary>
    public required long KeyVersion { get; init; }

    /// <summary>Whether there is a key: from the first activation or secrets until a reset.</summary>
    public required bool KeyReady { get; init; }

    /// <summary>Whose activation or secrets made it ready.</summary>
    public string? InitializedBy { get; init; }

    /// <summary>Whether a device was active since the last reset.</summary>
    public required bool EverActive { get; init; }

    /// <summary>How many pending and active devices there may be.</summary>
    public required int MaxDevices { get; init; }

    public DateTimeOffset? LastRotatedAt { get; init; }

    /// <summary>Counts the changes that were told to the group's event streams.</summary>
    public required long ChangeNumber { get; init; }
}
