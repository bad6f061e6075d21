namespace DeviceRegistry.Domain;

/// <summary>The new key, wrapped for one device.</summary>
/// <param name="DeviceIdText">The device as the administrator named it.</param>
/// <param name="DeviceId">Its id; <see langword="null"/> when the text is none.</param>
/// <param name="WrappedKey">Opaque.</param>
/// <param name="SenderPublicKey">The public key of the pair that it was wrapped with; <see langword="null"/>: that of the caller's device.</param>
public sealed record RotationEntry(string DeviceIdText, Guid? DeviceId, byte[] WrappedKey, byte[]? SenderPublicKey);

/// <summary>A rotation that somebody asks for (contract §5.19).</summary>
/// <param name="Entries">For whom the new key is.</param>
/// <param name="NewSecrets">The group's secrets, encrypted with the new key.</param>
/// <param name="Expects">Whether the key may be rotated that has this version now.</param>
public sealed record KeyRotation(IReadOnlyList<RotationEntry> Entries, byte[]? NewSecrets, string? Reason, Func<long, bool> Expects)
{
    /// <summary>Those entries that do not name a different active device of the group.</summary>
    /// <param name="active">The active devices, without one that is being revoked.</param>
    public IReadOnlyList<string> FaultyEntries(IReadOnlyCollection<Device> active)
    {
        var known = active.Select(device => device.Id).ToHashSet();
        var seen = new HashSet<Guid>();
        return [.. Entries.Where(entry => entry.DeviceId is not { } id || !seen.Add(id) || !known.Contains(id)).Select(entry => entry.DeviceIdText).Distinct()];
    }
}
