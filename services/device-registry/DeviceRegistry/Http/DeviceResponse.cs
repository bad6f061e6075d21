using DeviceRegistry.Domain;

namespace DeviceRegistry.Http;

/// <summary>An enrolled device (contract §4).</summary>
public sealed record DeviceResponse
{
    public required Guid DeviceId { get; init; }

    public required long GroupId { get; init; }

    /// <summary>Its owner's identity.</summary>
    public required string UserId { get; init; }

    /// <summary>1–100 characters.</summary>
    public required string DeviceName { get; init; }

    /// <summary>Such as <c>ios</c>, <c>android</c>, <c>web</c>.</summary>
    public required string DeviceType { get; init; }

    /// <summary>SubjectPublicKeyInfo, DER, in standard base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary><c>pending</c>, <c>active</c> or <c>revoked</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The version of the wrapped key that is stored for it; 0: none.</summary>
    public required long KeyVersion { get; init; }

    /// <summary>The wrapped key, base64: only for the device's owner, and only when one is stored.</summary>
    public string? EncryptedGroupKey { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it was heard of last; missing until the first heartbeat.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>What this caller may see of a device.</summary>
    internal static DeviceResponse Of(Device device, Caller caller) => new()
    {
        DeviceId = device.Id,
        GroupId = device.GroupId,
        UserId = device.UserId,
        DeviceName = device.Name,
        DeviceType = device.Type,
        PublicKey = Convert.ToBase64String(device.PublicKey),
        Status = device.Status.NameOf(),
        KeyVersion = device.WrappedKeyVersion,
        EncryptedGroupKey = device.WrappedKey is { } wrapped && device.UserId == caller.Identity ? Convert.ToBase64String(wrapped) : null,
        CreatedAt = device.CreatedAt,
        UpdatedAt = device.UpdatedAt,
        LastSeenAt = device.LastSeenAt,
    };
}
