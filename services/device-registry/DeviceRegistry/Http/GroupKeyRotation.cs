using System.Collections.Frozen;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Http;

/// <summary>A rotation inside a change, alone or together with a revocation (contract §5.19, §5.20).</summary>
internal static class GroupKeyRotation
{
    /// <summary>Reads, before the change, when the caller's devices were heard of last, if the rotation leaves it to that whose pair was used.</summary>
    public static async Task<IReadOnlyDictionary<Guid, DateTimeOffset>> ReadTimesAsync(
        HttpContext http, KeyRotation rotation, DeviceStore devices, CancellationToken cancellationToken)
        => rotation.Entries.Any(entry => entry.SenderPublicKey is null)
            ? await CurrentDevice.ReadTimesAsync(http, devices, cancellationToken)
            : FrozenDictionary<Guid, DateTimeOffset>.Empty;

    /// <summary>Checks and applies a rotation; the caller commits, or throws all of the change away when it is refused.</summary>
    /// <param name="revoked">A device that is revoked in the same change.</param>
    /// <param name="times">When the caller's devices were heard of last, of <see cref="ReadTimesAsync"/>.</param>
    /// <returns>What was done, or why not.</returns>
    public static async Task<(KeyRotationResponse? Rotated, IResult? Refusal)> RotateAsync(
        GroupTransaction change, HttpContext http, KeyRotation rotation, Guid? revoked, IReadOnlyDictionary<Guid, DateTimeOffset> times, CancellationToken cancellationToken)
    {
        // 1. Whose device it is that calls, before anything about the group.
        var own = await DeviceStore.ListOfUserAsync(change, change.Actor, times, cancellationToken);
        if (CurrentDevice.Choose(http.Request, own).Problem is { } notOwned)
        {
            return (null, notOwned);
        }

        // 2. The version: whoever wrapped for an old state should look at the new one before anything else.
        var group = change.Group;
        if (!rotation.Expects(group.KeyVersion))
        {
            return (null, KeyVersions.Conflict(group.KeyVersion));
        }

        if (!group.KeyReady)
        {
            return (null, DeviceRegistryProblems.GroupKeyNotInitialized);
        }

        // 3. Every entry names a different active device; a revocation together with a rotation cannot leave everybody else without key.
        var active = (await DeviceStore.ListAsync(change, DeviceStatus.Active, cancellationToken)).Where(device => device.Id != revoked).ToList();
        var faulty = rotation.FaultyEntries(active);
        if (faulty.Count > 0 || (rotation.Entries.Count == 0 && active.Count > 0))
        {
            return (null, DeviceRegistryProblems.InvalidDeviceKeys.With(json =>
            {
                json.WriteStartArray("deviceIds"u8);
                foreach (var deviceId in faulty)
                {
                    json.WriteStringValue(deviceId);
                }

                json.WriteEndArray();
            }));
        }

        // 4. Secrets that stay encrypted with the old key would be lost.
        if (rotation.NewSecrets is null && await SecretsStore.ExistAsync(change, cancellationToken))
        {
            return (null, DeviceRegistryProblems.NewSecretsRequired);
        }

        // 5. Whose key pair was it wrapped with, where an entry does not say?
        byte[] sender = [];
        if (rotation.Entries.Any(entry => entry.SenderPublicKey is null))
        {
            var (current, problem) = CurrentDevice.Choose(http.Request, [.. own.Where(device => device.Id != revoked)]);
            if (problem is not null)
            {
                return (null, problem);
            }

            if (current is null)
            {
                return (null, DeviceRegistryProblems.ValidationFailed.With("deviceKeys", "senderPublicKey is required: the caller has no device in the group"));
            }

            sender = current.PublicKey;
        }

        // 6. All of it.
        var version = group.KeyVersion + 1;
        var pending = active.Count - rotation.Entries.Count;
        RotationChanges.Apply(change, rotation, sender, version, pending);
        if (rotation.NewSecrets is { } secrets)
        {
            await SecretsStore.ReplaceAsync(change, secrets, cancellationToken);
        }

        return (new KeyRotationResponse(version, rotation.Entries.Count, pending), null);
    }
}

/// <summary>A rotation that has happened (contract §4).</summary>
/// <param name="KeyVersion">The new version.</param>
/// <param name="DevicesUpdated">The devices that the new key was wrapped for.</param>
/// <param name="DevicesPendingKeyRequest">The active devices that were left out and have to ask.</param>
public sealed record KeyRotationResponse(long KeyVersion, int DevicesUpdated, int DevicesPendingKeyRequest);
