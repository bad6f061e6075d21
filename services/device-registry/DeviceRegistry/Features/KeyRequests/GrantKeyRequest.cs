using System.Collections.Frozen;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.KeyRequests;

/// <summary>
/// A member hands the group's key to a device that asked, wrapped with the pair of a device of his that holds it (contract §5.16).
/// </summary>
public static class GrantKeyRequest
{
    private const string Grant = """
        UPDATE key_requests SET status = 'granted', decided_at = $2, granting_device_id = $3, wrapped_key = $4, sender_public_key = $5, key_version = $6
        WHERE request_id = $1
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/devices/key-requests/{requestId}/grant", HandleAsync)
        .For(GroupRequirement.Member)
        .WithName(nameof(GrantKeyRequest))
        .WithSummary("Grant a key request")
        .WithDescription("The device that asked is active from then on.")
        .HasParameter("requestId", "The request's id.")
        .HasHeader(CurrentDevice.HeaderName, "The device that the caller calls from, if the body does not name it.")
        .Takes<GrantKeyRequestRequest>()
        .Answers(StatusCodes.Status204NoContent, "Granted.")
        .Refuses(
            DeviceRegistryProblems.KeyRequestNotFound, DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge,
            DeviceRegistryProblems.InvalidJson, DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.InvalidEncryptedKey,
            DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.NoActiveDevice, DeviceRegistryProblems.KeyRequestNotPending,
            DeviceRegistryProblems.KeyVersionConflict);

    internal static async Task<IResult> HandleAsync(
        string requestId, HttpContext http, GroupTransactions groups, KeyRequestStore requests, DeviceStore devices, CancellationToken cancellationToken)
    {
        if (PathValues.Id(requestId) is not { } id || await requests.FindAsync(http.Access.Group.Id, id, cancellationToken) is null)
        {
            return DeviceRegistryProblems.KeyRequestNotFound;
        }

        var (answer, refusal) = await ReadAsync(http.Request);
        if (answer is null)
        {
            return refusal!;
        }

        // The device that the body names goes before the one that the caller calls from (contract §1.3).
        if (!answer.NamesDevice && await CurrentDevice.CheckAsync(http, devices, cancellationToken) is { } notOwned)
        {
            return notOwned;
        }

        var times = answer.NamesDevice ? FrozenDictionary<Guid, DateTimeOffset>.Empty : await CurrentDevice.ReadTimesAsync(http, devices, cancellationToken);
        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        if (await KeyRequestStore.FindAsync(change, id, cancellationToken) is not { } request)
        {
            return DeviceRegistryProblems.KeyRequestNotFound;
        }

        // 1. An active device of the caller, not the one that asks.
        var own = await DeviceStore.ListOfUserAsync(change, http.Caller.Identity, times, cancellationToken);
        var (granter, problem) = Granter(http, answer, own, request);
        if (granter is null)
        {
            return problem!;
        }

        // 2. A question that is still open; two answers, or an answer and a refusal, meet here one after the other.
        if (request.StatusAt(change.Now) != KeyRequestStatus.Pending)
        {
            return DeviceRegistryProblems.KeyRequestNotPending;
        }

        // 3. Whoever does not hold the present key, or has wrapped the one before it, would hand on an old one.
        var version = change.Group.KeyVersion;
        if (KeyVersions.HasChangedSinceArrival(http, change) || !granter.HoldsKeyOf(change.Group))
        {
            return KeyVersions.Conflict(version);
        }

        var device = (await DeviceStore.FindAsync(change, request.DeviceId, cancellationToken))!;
        change.Writes.Add(
            Grant,
            Sql.Value(id), Sql.Value(change.Now), Sql.Value(granter.Id), Sql.Value(answer.WrappedKey), Sql.Value(granter.PublicKey), Sql.Value(version));
        change.Effects.KeyRequestGranted(request, granter.Id, version);
        DeviceChanges.Hand(change, device, answer.WrappedKey, granter.PublicKey, version, isAcknowledged: false);
        change.Effects.KeyUpdateAvailable(version, [device.Id]);
        await change.CommitAsync();
        return TypedResults.NoContent();
    }

    private static (Device? Granter, Problem? Problem) Granter(HttpContext http, Answer answer, IReadOnlyList<Device> own, KeyRequest request)
    {
        Device? granter;
        if (answer.NamesDevice)
        {
            granter = own.FirstOrDefault(device => device.Id == answer.GrantingDeviceId);
        }
        else
        {
            (granter, var problem) = CurrentDevice.Choose(http.Request, own);
            if (problem is not null)
            {
                return (null, problem);
            }
        }

        return granter is { Status: DeviceStatus.Active } && granter.Id != request.DeviceId ? (granter, null) : (null, DeviceRegistryProblems.NoActiveDevice);
    }

    private static async Task<(Answer? Answer, IResult? Refusal)> ReadAsync(HttpRequest request)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var wrapped = body.RequiredWrappedKey("encryptedGroupKey");
            var device = body.OptionalString("grantingDeviceId", int.MaxValue);
            return body.Refusal is { } refusal ? (null, refusal) : (new Answer(wrapped, device is not null, PathValues.Id(device)), null);
        }
    }

    private sealed record Answer(byte[] WrappedKey, bool NamesDevice, Guid? GrantingDeviceId);
}

/// <summary>The answer to a key request.</summary>
public sealed record GrantKeyRequestRequest
{
    /// <summary>The group's key, wrapped for the device that asked: base64 of 28–4096 bytes, opaque.</summary>
    public required string EncryptedGroupKey { get; init; }

    /// <summary>The caller's device whose pair it was wrapped with. Default: the one that he calls from.</summary>
    public string? GrantingDeviceId { get; init; }
}
