using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using Npgsql;

namespace DeviceRegistry.Features.KeyRequests;

/// <summary>A device asks the others for the group's key (contract §5.14). One open request per device; asking again is the same one.</summary>
public static class CreateKeyRequest
{
    /// <summary>Requests of one device in one <see cref="Window"/>.</summary>
    private const int Limit = 10;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private const string Insert = """
        INSERT INTO key_requests (request_id, group_id, device_id, public_key, status, created_at, expires_at) VALUES ($1, $2, $3, $4, 'pending', $5, $6)
        """;

    // The moment at which the device asked for the tenth time before now, if it was within the window.
    private const string TenthLast = "SELECT created_at FROM key_requests WHERE device_id = $1 AND created_at > $2 ORDER BY created_at DESC OFFSET $3 LIMIT 1";

    public static void Map(RouteGroupBuilder group) => group.MapPost("/devices/key-requests", HandleAsync)
        .For(GroupRequirement.Member)
        .WithName(nameof(CreateKeyRequest))
        .WithSummary("Ask for the group's key")
        .Takes<CreateKeyRequestRequest>()
        .Answers<KeyRequestResponse>(StatusCodes.Status201Created, "Asked.")
        .Answers<KeyRequestResponse>(StatusCodes.Status200OK, "The device had asked already, and nobody has answered yet.")
        .Refuses(
            DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge, DeviceRegistryProblems.InvalidJson,
            DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.InvalidPublicKey, DeviceRegistryProblems.GroupMismatch,
            DeviceRegistryProblems.UnknownDevice, DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.DeviceRevoked,
            DeviceRegistryProblems.PublicKeyMismatch, DeviceRegistryProblems.GroupKeyNotInitialized, DeviceRegistryProblems.RateLimited);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, GroupTransactions groups, DeviceRegistryOptions options, CancellationToken cancellationToken)
    {
        var (question, refusal) = await ReadAsync(http);
        if (question is null)
        {
            return refusal!;
        }

        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        // 1. The device stands in the body, so its absence is a fault of the body.
        if (question.DeviceId is not { } deviceId || await DeviceStore.FindAsync(change, deviceId, cancellationToken) is not { } device)
        {
            return DeviceRegistryProblems.UnknownDevice;
        }

        if (device.UserId != http.Caller.Identity)
        {
            return DeviceRegistryProblems.DeviceNotOwned;
        }

        if (device.Status == DeviceStatus.Revoked)
        {
            return DeviceRegistryProblems.DeviceRevoked;
        }

        // 2. The request is pinned to the registered key: nobody can have the answer made for another one.
        if (question.PublicKey is { } key && !key.Der.AsSpan().SequenceEqual(device.PublicKey))
        {
            return DeviceRegistryProblems.PublicKeyMismatch;
        }

        if (!change.Group.KeyReady)
        {
            return DeviceRegistryProblems.GroupKeyNotInitialized;
        }

        // 3. One at a time. One whose time is over makes room, also before the sweep has been.
        foreach (var open in await KeyRequestStore.ListPendingAsync(change, [device.Id], cancellationToken))
        {
            if (open.StatusAt(change.Now) == KeyRequestStatus.Pending)
            {
                return TypedResults.Ok(KeyRequestResponse.Of(open, http.Caller, change.Now));
            }

            DeviceChanges.ExpireRequest(change, open);
        }

        // 4. Not too often.
        if (options.RateLimits && await WaitAsync(change, device.Id, cancellationToken) is { } wait)
        {
            return DeviceRegistryProblems.RateLimited.RetryAfter(wait);
        }

        var request = new KeyRequest
        {
            Id = Guid.NewGuid(),
            GroupId = change.Group.Id,
            DeviceId = device.Id,
            OwnerId = device.UserId,
            PublicKey = device.PublicKey,
            Status = KeyRequestStatus.Pending,
            CreatedAt = change.Now,
            ExpiresAt = change.Now + KeyRequest.Lifetime,
        };
        change.Writes.Add(
            Insert,
            Sql.Value(request.Id), Sql.Value(request.GroupId), Sql.Value(request.DeviceId), Sql.Value(request.PublicKey), Sql.Value(request.CreatedAt),
            Sql.Value(request.ExpiresAt));
        change.Effects.KeyRequestCreated(request);
        await change.CommitAsync();
        return TypedResults.Created($"{http.Request.Path.Value}/{request.Id}", KeyRequestResponse.Of(request, http.Caller, change.Now));
    }

    private static async Task<TimeSpan?> WaitAsync(GroupTransaction change, Guid deviceId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(TenthLast, change.Connection);
        command.Parameters.Add(Sql.Value(deviceId));
        command.Parameters.Add(Sql.Value(change.Now - Window));
        command.Parameters.Add(Sql.Value(Limit - 1));
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime tenth ? tenth + Window - change.Now.UtcDateTime : null;
    }

    private static async Task<(Question? Question, IResult? Refusal)> ReadAsync(HttpContext http)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(http.Request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var deviceId = PathValues.Id(body.RequiredString("requestingDeviceId", int.MaxValue, allowControls: true));
            var key = body.OptionalPublicKey("requestingPublicKey");
            body.CheckGroupId(http.Access.Group.Id);
            return body.Refusal is { } refusal ? (null, refusal) : (new Question(deviceId, key), null);
        }
    }

    private sealed record Question(Guid? DeviceId, DevicePublicKey? PublicKey);
}

/// <summary>A device that asks. Unknown members are ignored.</summary>
public sealed record CreateKeyRequestRequest
{
    /// <summary>The caller's device.</summary>
    public required string RequestingDeviceId { get; init; }

    /// <summary>Its public key, if it is repeated here; has to be the one that it registered.</summary>
    public string? RequestingPublicKey { get; init; }

    /// <summary>The group, if it is repeated here; has to be the path's.</summary>
    public long? GroupId { get; init; }
}
