using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>
/// The owner gives his device a new key pair (contract §5.10). What was wrapped for the old one is useless and goes, and the new one is unproven:
/// the device is pending again.
/// </summary>
public static class ChangePublicKey
{
    private const string Update = """
        UPDATE devices SET public_key = $2, public_key_sha256 = $3, status = 'pending', wrapped_key = NULL, sender_public_key = NULL,
                           wrapped_key_version = 0, acked_key_version = 0, updated_at = $4
        WHERE device_id = $1
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPut("/devices/{deviceId}/public-key", HandleAsync)
        .For(GroupRequirement.Member)
        .WithName(nameof(ChangePublicKey))
        .WithSummary("Change a device's public key")
        .WithDescription("Only the owner: a key that somebody else replaced would be an interception. The same key again changes nothing.")
        .HasParameter("deviceId", "The device's id.")
        .Takes<ChangePublicKeyRequest>()
        .Answers(StatusCodes.Status204NoContent, "Changed.")
        .Refuses(
            DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.DeviceRevoked,
            DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge, DeviceRegistryProblems.InvalidJson,
            DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.InvalidPublicKey, DeviceRegistryProblems.PublicKeyRevoked,
            DeviceRegistryProblems.PublicKeyInUse);

    internal static async Task<IResult> HandleAsync(
        string deviceId, HttpContext http, GroupTransactions groups, DeviceStore devices, CancellationToken cancellationToken)
    {
        var (id, missing) = await OwnedDevice.FindAsync(deviceId, http, devices, cancellationToken);
        if (missing is not null)
        {
            return missing;
        }

        var (key, refusal) = await ReadAsync(http.Request);
        if (key is null)
        {
            return refusal!;
        }

        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        var (device, gone) = await OwnedDevice.FindAsync(change, id, cancellationToken);
        if (device is null)
        {
            return gone!;
        }

        var use = await DeviceStore.FindKeyUseAsync(change, key, cancellationToken);
        if (use.Holder is { } holder)
        {
            return holder.Id == id ? TypedResults.NoContent() : DeviceRegistryProblems.PublicKeyInUse;
        }

        if (use.IsRevoked)
        {
            return DeviceRegistryProblems.PublicKeyRevoked;
        }

        await DeviceChanges.RejectOpenRequestsAsync(change, [device], cancellationToken);
        DeviceChanges.ForgetGrantedKeys(change, [id]);
        change.Writes.Add(Update, Sql.Value(id), Sql.Value(key.Der), Sql.Value(key.Sha256), Sql.Value(change.Now));
        change.Effects.DevicePublicKeyChanged(device with { PublicKey = key.Der });
        await change.CommitAsync();
        return TypedResults.NoContent();
    }

    private static async Task<(DevicePublicKey? Key, IResult? Refusal)> ReadAsync(HttpRequest request)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var key = body.RequiredPublicKey("publicKey");
            return body.Refusal is { } refusal ? (null, refusal) : (key, null);
        }
    }
}

/// <summary>A device's new key.</summary>
public sealed record ChangePublicKeyRequest
{
    /// <summary>SubjectPublicKeyInfo of a P-256 or X25519 key, DER, in standard base64.</summary>
    public required string PublicKey { get; init; }
}
