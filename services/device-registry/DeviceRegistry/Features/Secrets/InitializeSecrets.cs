using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Secrets;

/// <summary>
/// Stores the group's first secrets, which makes its key ready (contract §9). Of parallel calls exactly one does, so that a group never has two keys.
/// </summary>
public static class InitializeSecrets
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/secrets", HandleAsync)
        .For(GroupRequirement.Member)
        .WithName(nameof(InitializeSecrets))
        .WithSummary("Store the group's first secrets")
        .WithDescription("For the owner of an active device, or, while no device was ever active, of any registered one.")
        .Takes<InitializeSecretsRequest>()
        .Answers<SecretsResponse>(StatusCodes.Status201Created, "Stored; the group's key is ready.")
        .Refuses(
            DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge, DeviceRegistryProblems.InvalidJson,
            DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.NoActiveDevice, DeviceRegistryProblems.GroupKeyAlreadyInitialized,
            DeviceRegistryProblems.KeyVersionConflict);

    internal static async Task<IResult> HandleAsync(HttpContext http, GroupTransactions groups, DeviceStore devices, CancellationToken cancellationToken)
    {
        // 1. Before the body: does the caller have a device for this?
        var found = http.Access.Group;
        if (!MayStore(found, await devices.ListOfUserRowsAsync(found.Id, http.Caller.Identity, cancellationToken)))
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

        var group = change.Group;
        var own = await DeviceStore.ListOfUserRowsAsync(change, http.Caller.Identity, cancellationToken);
        if (!MayStore(group, own))
        {
            return DeviceRegistryProblems.NoActiveDevice;
        }

        // While no device is active, the key is known to nobody but whoever made it: another one's secrets would be of another key.
        var isOthersKey = group.KeyReady && !group.EverActive && group.InitializedBy != http.Caller.Identity;
        if (isOthersKey || await SecretsStore.ExistAsync(change, cancellationToken))
        {
            return DeviceRegistryProblems.GroupKeyAlreadyInitialized;
        }

        if (found.KeyReady && KeyVersions.HasChangedSinceArrival(http, change))
        {
            return KeyVersions.Conflict(group.KeyVersion);
        }

        KeyChanges.MakeReady(change, deviceIsActive: false);
        var secrets = SecretsStore.Add(change, write.Payload);
        await change.CommitAsync();
        return TypedResults.Created(http.Request.Path.Value, SecretsResponse.Of(group.Id, secrets, keyReady: true));
    }

    private static bool MayStore(Group group, IEnumerable<Device> own) => own.Any(device => device.Status == DeviceStatus.Active || !group.EverActive);
}

/// <summary>The group's first secrets.</summary>
public sealed record InitializeSecretsRequest
{
    /// <summary>Encrypted with the group's key: base64 of 28 bytes – 512 KiB, opaque.</summary>
    public required string EncryptedPayload { get; init; }
}
