using DeviceRegistry.Domain;

namespace DeviceRegistry.Http;

/// <summary>A device's question for the group's key (contract §4).</summary>
public sealed record KeyRequestResponse
{
    public required Guid RequestId { get; init; }

    public required long GroupId { get; init; }

    public required Guid RequestingDeviceId { get; init; }

    /// <summary>The key that an answer has to be wrapped for: SubjectPublicKeyInfo, base64.</summary>
    public required string RequestingPublicKey { get; init; }

    /// <summary><c>pending</c>, <c>granted</c>, <c>rejected</c> or <c>expired</c>.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The device that answered.</summary>
    public Guid? GrantingDeviceId { get; init; }

    /// <summary>The answer, base64: only for the owner of the device that asked.</summary>
    public string? EncryptedGroupKey { get; init; }

    /// <summary>What this caller may see of a request.</summary>
    internal static KeyRequestResponse Of(KeyRequest request, Caller caller, DateTimeOffset now) => new()
    {
        RequestId = request.Id,
        GroupId = request.GroupId,
        RequestingDeviceId = request.DeviceId,
        RequestingPublicKey = Convert.ToBase64String(request.PublicKey),
        Status = request.StatusAt(now).NameOf(),
        CreatedAt = request.CreatedAt,
        ExpiresAt = request.ExpiresAt,
        GrantingDeviceId = request.GrantingDeviceId,
        EncryptedGroupKey = request is { Status: KeyRequestStatus.Granted, WrappedKey: { } wrapped } && request.OwnerId == caller.Identity
            ? Convert.ToBase64String(wrapped)
            : null,
    };
}
