using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Keys;

/// <summary>An administrator gives the group a new key, wrapped for the devices that are to have it (contract §5.19). All or nothing.</summary>
public static class RotateKey
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/keys/rotate", HandleAsync)
        .For(GroupRequirement.Administrator)
        .WithName(nameof(RotateKey))
        .WithSummary("Rotate the group's key")
        .WithDescription("Compare and swap: of parallel rotations of one version exactly one succeeds. Active devices that are left out lose their wrapped "
            + "key and have to ask.")
        .HasHeader("If-Match", "`\"kv-N\"`: rotate only if the key has version N.")
        .HasHeader(CurrentDevice.HeaderName, "The device that the caller calls from.")
        .Takes<RotateKeyRequest>()
        .Answers<KeyRotationResponse>(StatusCodes.Status200OK, "Rotated.")
        .Refuses(
            DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge,
            DeviceRegistryProblems.InvalidJson, DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.InvalidEncryptedKey,
            DeviceRegistryProblems.InvalidPublicKey, DeviceRegistryProblems.KeyVersionConflict, DeviceRegistryProblems.GroupKeyNotInitialized,
            DeviceRegistryProblems.InvalidDeviceKeys, DeviceRegistryProblems.NewSecretsRequired);

    internal static async Task<IResult> HandleAsync(HttpContext http, GroupTransactions groups, DeviceStore devices, CancellationToken cancellationToken)
    {
        if (await CurrentDevice.CheckAsync(http, devices, cancellationToken) is { } notOwned)
        {
            return notOwned;
        }

        var (rotation, refusal) = await RotationRequest.ReadAsync(http);
        if (rotation is null)
        {
            return refusal!;
        }

        var times = await GroupKeyRotation.ReadTimesAsync(http, rotation, devices, cancellationToken);
        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        var (rotated, conflict) = await GroupKeyRotation.RotateAsync(change, http, rotation, revoked: null, times, cancellationToken);
        if (rotated is null)
        {
            return conflict!;
        }

        await change.CommitAsync();
        return TypedResults.Ok(rotated);
    }
}

/// <summary>A new key for a group.</summary>
public sealed record RotateKeyRequest
{
    /// <summary>The new key, wrapped for each device that is to have it: at most 1000, different active devices.</summary>
    public required IReadOnlyList<DeviceKeyEntry> DeviceKeys { get; init; }

    /// <summary>The group's secrets, encrypted with the new key: base64 of 28 bytes – 512 KiB. Required if the group has secrets.</summary>
    public string? NewEncryptedSecrets { get; init; }

    /// <summary>Why, at most 256 characters. Kept in the log of rotations.</summary>
    public string? Reason { get; init; }

    /// <summary>Rotate only if the key has this version; <c>If-Match</c> goes before it. Default: the version when the request arrives.</summary>
    public long? ExpectedKeyVersion { get; init; }
}

/// <summary>The new key for one device.</summary>
/// <param name="DeviceId">An active device of the group.</param>
/// <param name="EncryptedGroupKey">The key, wrapped for it: base64 of 28–4096 bytes, opaque.</param>
/// <param name="SenderPublicKey">The public key of the pair that it was wrapped with. Default: that of the device that the caller calls from.</param>
public sealed record DeviceKeyEntry(string DeviceId, string EncryptedGroupKey, string? SenderPublicKey);
