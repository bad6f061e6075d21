using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>
/// A member enrols a device with its public key (contract §5.1). It stays pending until somebody hands it the group's key.
/// </summary>
public static class RegisterDevice
{
    private const int MaximumNameLength = 100;
    private const int MaximumTypeLength = 32;

    private const string Insert = """
        INSERT INTO devices (device_id, group_id, user_id, name, type, public_key, public_key_sha256, status, session_id, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $9)
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/devices", HandleAsync)
        .For(GroupRequirement.Member)
        .WithName(nameof(RegisterDevice))
        .WithSummary("Enrol a device")
        .WithDescription("Adds a pending device for the caller. The same key again is the same device: 200, nothing changes.")
        .Takes<RegisterDeviceRequest>()
        .Answers<DeviceResponse>(StatusCodes.Status201Created, "Enrolled.")
        .Answers<DeviceResponse>(StatusCodes.Status200OK, "The caller had enrolled this key before.")
        .Refuses(
            DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge, DeviceRegistryProblems.InvalidJson,
            DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.InvalidPublicKey, DeviceRegistryProblems.GroupMismatch,
            DeviceRegistryProblems.PublicKeyRevoked, DeviceRegistryProblems.PublicKeyInUse, DeviceRegistryProblems.DeviceLimitReached);

    internal static async Task<IResult> HandleAsync(HttpContext http, GroupTransactions groups, CancellationToken cancellationToken)
    {
        var caller = http.Caller;
        var (request, refusal) = await ReadAsync(http);
        if (request is null)
        {
            return refusal!;
        }

        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        // 1. A key is one device. The owner who asks again has lost the answer.
        var (use, count) = await DeviceStore.FindKeyUseAndCountAsync(change, request.PublicKey, cancellationToken);
        if (use.Holder is { } holder)
        {
            return holder.UserId == caller.Identity ? TypedResults.Ok(DeviceResponse.Of(holder, caller)) : DeviceRegistryProblems.PublicKeyInUse;
        }

        if (use.IsRevoked)
        {
            return DeviceRegistryProblems.PublicKeyRevoked;
        }

        // 2. Is there a place? Counted under the group's lock, so k free places are given exactly k times.
        var max = change.Group.MaxDevices;
        if (count >= max)
        {
            return DeviceRegistryProblems.DeviceLimitReached.With(json =>
            {
                json.WriteNumber("current"u8, count);
                json.WriteNumber("max"u8, max);
                json.WriteBoolean("limitReached"u8, true);
            });
        }

        // 3. The row and its event.
        var device = new Device
        {
            Id = Guid.NewGuid(),
            GroupId = change.Group.Id,
            UserId = caller.Identity,
            Name = request.Name,
            Type = request.Type,
            PublicKey = request.PublicKey.Der,
            Status = DeviceStatus.Pending,
            SessionId = caller.SessionId,
            CreatedAt = change.Now,
            UpdatedAt = change.Now,
        };
        change.Writes.Add(
            Insert,
            Sql.Value(device.Id), Sql.Value(device.GroupId), Sql.Value(device.UserId), Sql.Value(device.Name), Sql.Value(device.Type),
            Sql.Value(device.PublicKey), Sql.Value(request.PublicKey.Sha256), Sql.Value(device.SessionId), Sql.Value(change.Now));
        change.Effects.DeviceRegistered(device);
        await change.CommitAsync();
        return TypedResults.Created($"{http.Request.Path.Value}/{device.Id}", DeviceResponse.Of(device, caller));
    }

    private static async Task<(Registration? Registration, IResult? Refusal)> ReadAsync(HttpContext http)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(http.Request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var name = body.RequiredString("deviceName", MaximumNameLength, trim: true);
            var type = ReadType(body);
            var key = body.RequiredPublicKey("publicKey");
            body.CheckGroupId(http.Access.Group.Id);
            return body.Refusal is { } refusal ? (null, refusal) : (new Registration(name, type, key!), null);
        }
    }

    private static string ReadType(StrictJsonBody body)
    {
        // Looked at before it is lowered: other alphabets have letters whose small form is one of ours, such as the Kelvin sign.
        var type = body.RequiredString("deviceType", MaximumTypeLength);
        return type.All(static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-')
            ? type.ToLowerInvariant()
            : body.Fault("deviceType", "may have a–z, 0–9, '_' and '-'");
    }

    private sealed record Registration(string Name, string Type, DevicePublicKey PublicKey);
}

/// <summary>A device to enrol. Unknown members are ignored.</summary>
public sealed record RegisterDeviceRequest
{
    /// <summary>1–100 characters after trimming, no control characters.</summary>
    public required string DeviceName { get; init; }

    /// <summary>1–32 of <c>a</c>–<c>z</c>, <c>0</c>–<c>9</c>, <c>_</c>, <c>-</c>; capitals are lowered. Known: ios, android, windows, macos, linux, web, tablet, ipad.</summary>
    public required string DeviceType { get; init; }

    /// <summary>SubjectPublicKeyInfo of a P-256 or X25519 key, DER, in standard base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The group, if it is repeated here; has to be the path's.</summary>
    public long? GroupId { get; init; }
}
