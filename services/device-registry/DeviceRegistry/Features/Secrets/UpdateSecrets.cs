using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Secrets;

/// <summary>
/// Replaces the group's secrets (contract §9), by the owner of an active device that holds the present key: a device that was left out of a
/// rotation would encrypt with the old one, and nobody could read it.
/// </summary>
public static class UpdateSecrets
{
    public static void Map(RouteGroupBuilder group) => group.MapPut("/secrets", HandleAsync)
        .For(GroupRequirement.Member)
        .WithName(nameof(UpdateSecrets))
        .WithSummary("Replace the group's secrets")
        .Takes<UpdateSecretsRequest>()
        .Answers<SecretsResponse>(StatusCodes.Status200OK, "Replaced.")
        .Refuses(
            DeviceRegistryProblems.SecretsNotFound, DeviceRegistryProblems.NoActiveDevice, DeviceRegistryProblems.UnsupportedMediaType,
            DeviceRegistryProblems.PayloadTooLarge, DeviceRegistryProblems.InvalidJson, DeviceRegistryProblems.ValidationFailed,
            DeviceRegistryProblems.KeyVersionConflict, DeviceRegistryProblems.SecretsVersionConflict);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, GroupTransactions groups, SecretsStore store, DeviceStore devices, CancellationToken cancellationToken)
    {
        // 1. Before the body: are there any, and does the caller have a device?
        var groupId = http.Access.Group.Id;
        if (await store.FindAsync(groupId, cancellationToken) is null)
        {
            return DeviceRegistryProblems.SecretsNotFound;
        }

        if (!(await devices.ListOfUserRowsAsync(groupId, http.Caller.Identity, cancellationToken)).Any(device => device.Status == DeviceStatus.Active))
        {
            return DeviceRegistryProblems.NoActiveDevice;
        }

        var (write, refusal) = await SecretsBody.ReadAsync(http.Request);
        if (write is null)
        {
            return refusal!;
        }

        // 2. Everything again under the lock.
        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        if (await SecretsStore.FindAsync(change, cancellationToken) is not { } old)
        {
            return DeviceRegistryProblems.SecretsNotFound;
        }

        var group = change.Group;
        var own = await DeviceStore.ListOfUserRowsAsync(change, http.Caller.Identity, cancellationToken);
        if (!own.Any(device => device.Status == DeviceStatus.Active))
        {
            return DeviceRegistryProblems.NoActiveDevice;
        }

        if (KeyVersions.HasChangedSinceArrival(http, change) || !own.Any(device => device.HoldsKeyOf(group)))
        {
            return KeyVersions.Conflict(group.KeyVersion);
        }

        if (write.ExpectedVersion is { } expected && expected != old.Version)
        {
            return DeviceRegistryProblems.SecretsVersionConflict.With(json => json.WriteNumber("version"u8, old.Version));
        }

        var secrets = SecretsStore.Replace(change, old, write.Payload);
        await change.CommitAsync();
        return TypedResults.Ok(SecretsResponse.Of(groupId, secrets, group.KeyReady));
    }
}

/// <summary>The group's secrets anew.</summary>
public sealed record UpdateSecretsRequest
{
    /// <summary>Encrypted with the group's key: base64 of 28 bytes – 512 KiB, opaque.</summary>
    public required string EncryptedPayload { get; init; }

    /// <summary>Replace only this version. Default: whatever there is.</summary>
    public long? ExpectedVersion { get; init; }
}
