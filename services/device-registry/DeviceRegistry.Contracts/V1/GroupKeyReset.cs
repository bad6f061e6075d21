namespace DeviceRegistry.Contracts.V1;

/// <summary>A group has no key any more; its devices start over.</summary>
public sealed record GroupKeyReset
{
    /// <summary>The group, 1 and up.</summary>
    public required long GroupId { get; init; }

    /// <summary>The version that the reset took; the next key has at least this one.</summary>
    public required long KeyVersion { get; init; }

    /// <summary>Who did it: the <c>sub</c> of the caller, or the name of the service whose clock or event led to it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
