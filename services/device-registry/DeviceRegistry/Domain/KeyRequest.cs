namespace DeviceRegistry.Domain;

/// <summary>Where a key request is in its life (contract §3.2); all but the first are ends.</summary>
public enum KeyRequestStatus
{
    Pending,
    Granted,
    Rejected,
    Expired,
}

/// <summary>A device's question for the group's key.</summary>
public sealed record KeyRequest
{
    /// <summary>How long it can be answered.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    public required Guid Id { get; init; }

    public required long GroupId { get; init; }

    public required Guid DeviceId { get; init; }

    /// <summary>The identity of the device's owner.</summary>
    public required string OwnerId { get; init; }

    /// <summary>The device's key at the time, SPKI: an answer is for this key.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>As stored; <see cref="StatusAt"/> is what counts.</summary>
    public required KeyRequestStatus Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The first moment at which it is expired.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public Guid? GrantingDeviceId { get; init; }

    public byte[]? WrappedKey { get; init; }

    /// <summary>The version of <see cref="WrappedKey"/>.</summary>
    public long? KeyVersion { get; init; }

    /// <summary>Its state by the clock, which does not wait for the sweep.</summary>
    public KeyRequestStatus StatusAt(DateTimeOffset now)
        => Status == KeyRequestStatus.Pending && now >= ExpiresAt ? KeyRequestStatus.Expired : Status;
}

/// <summary>How states are written, in SQL and on the wire.</summary>
public static class KeyRequestStatusNames
{
    public static string NameOf(this KeyRequestStatus status) => status switch
    {
        KeyRequestStatus.Pending => "pending",
        KeyRequestStatus.Granted => "granted",
        KeyRequestStatus.Rejected => "rejected",
        _ => "expired",
    };

    public static KeyRequestStatus Parse(string name) => name switch
    {
        "pending" => KeyRequestStatus.Pending,
        "granted" => KeyRequestStatus.Granted,
        "rejected" => KeyRequestStatus.Rejected,
        _ => KeyRequestStatus.Expired,
    };
}
