using DeviceRegistry.Domain;

namespace DeviceRegistry.Http;

/// <summary>A group (contract §9).</summary>
public sealed record GroupResponse
{
    /// <summary>Its number, by which the other operations address it.</summary>
    public required long Id { get; init; }

    /// <summary>1–64 of <c>a</c>–<c>z</c>, <c>0</c>–<c>9</c>, <c>-</c>; unique.</summary>
    public required string Name { get; init; }

    public string? LongName { get; init; }

    public string? Description { get; init; }

    public string? Avatar { get; init; }

    public string? Url { get; init; }

    public string? SubscriptionUuid { get; init; }

    internal static GroupResponse Of(Group group) => new()
    {
        Id = group.Id,
        Name = group.Name,
        LongName = group.LongName,
        Description = group.Description,
        Avatar = group.Avatar,
        Url = group.Url,
        SubscriptionUuid = group.SubscriptionUuid,
    };
}
