namespace DeviceRegistry.Domain;

/// <summary>Where a device is in its life (contract §3.1).</summary>
public enum DeviceStatus
{
    /// <summary>Enrolled; does not have the group's key yet.</summary>
    Pending,

    /// <summary>Was handed the key.</summary>
    Active,

    /// <summary>Shut out for good; the row stays as a record.</summary>
    Revoked,
}

/// <summary>An enrolled device.</summary>
public sealed record Device
{
    public required Guid Id { get; init; }

    public required long GroupId { get; init; }

    /// <summary>Its owner's identity.</summary>
    public required string UserId { get; init; }

    public required string Name { get; init; }

    public required string Type { get; init; }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    public required byte[] PublicKey { get; init; }

    public required DeviceStatus Status { get; init; }

    /// <summary>Whether it was active since the group's last reset.</summary>
    public bool WasActive { get; init; }

    /// <summary>The group's key, encrypted for this device by a client. Opaque.</summary>
    public byte[]? WrappedKey { get; init; }

    /// <summary>The public key of the pair that <see cref="WrappedKey"/> was made with.</summary>
    public byte[]? SenderPublicKey { get; init; }

    /// <summary>The version of <see cref="WrappedKey"/>; 0: none.</summary>
    public long WrappedKeyVersion { get; init; }

    /// <summary>The last version that its owner fetched or activated with.</summary>
    public long AckedKeyVersion { get; init; }

    public bool HasPushToken { get; init; }

    /// <summary><c>ios</c> or <c>android</c>, with a push token.</summary>
    public string? PushPlatform { get; init; }

    /// <summary>The session on which it was registered.</summary>
    public string? SessionId { get; init; }

    /// <summary>The pairing that it came from.</summary>
    public string? PairingReference { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>As far as the row knows; <c>LastSeenReader</c> may know better.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>Whether it can open what is encrypted with the group's present key.</summary>
    public bool HoldsKeyOf(Group group) => Status == DeviceStatus.Active && WrappedKeyVersion == group.KeyVersion && group.KeyVersion > 0;

    /// <summary>SHA-256 of the key, as events name it.</summary>
    public string Thumbprint => KeyThumbprint.Of(PublicKey).ToString();
}

/// <summary>How states are written, in SQL and on the wire.</summary>
public static class DeviceStatusNames
{
    public static string NameOf(this DeviceStatus status) => status switch
    {
        DeviceStatus.Pending => "pending",
        DeviceStatus.Active => "active",
        _ => "revoked",
    };

    /// <summary>Reads a state, exactly as written.</summary>
    public static DeviceStatus? Parse(string name) => name switch
    {
        "pending" => DeviceStatus.Pending,
        "active" => DeviceStatus.Active,
        "revoked" => DeviceStatus.Revoked,
        _ => null,
    };
}
