using System.Buffers.Binary;
using System.Text;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using Npgsql;

namespace DeviceRegistry.Features.Devices;

/// <summary>
/// The owner says where his device can be woken (contract §5.11). The token is sealed at rest and never leaves. One token is one installation:
/// another device that has it, in whatever group, loses it.
/// </summary>
public static class SetPushToken
{
    private const int MaximumLength = 4096;

    // Whoever gives a token away waits for whoever else gives it away: until the end, nobody new can hold it.
    private const string LockToken = "SELECT pg_advisory_xact_lock($1)";

    private const string Holders = "SELECT device_id, group_id FROM devices WHERE push_token_mac = ANY($1) AND device_id <> $2 ORDER BY device_id";

    private const string Clear = """
        UPDATE devices SET push_token = NULL, push_token_mac = NULL, push_platform = NULL, updated_at = $2 WHERE device_id = ANY($1)
        """;

    private const string Set = """
        UPDATE devices SET push_token = $2, push_token_mac = $3, push_platform = $4, push_reference = NULL, updated_at = $5 WHERE device_id = $1
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPut("/devices/{deviceId}/push-token", HandleAsync)
        .For(GroupRequirement.Member)
        .WithName(nameof(SetPushToken))
        .WithSummary("Set a device's push token")
        .HasParameter("deviceId", "The device's id.")
        .Takes<SetPushTokenRequest>()
        .Answers(StatusCodes.Status204NoContent, "Set.")
        .Refuses(
            DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.DeviceRevoked,
            DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge, DeviceRegistryProblems.InvalidJson,
            DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.InvalidPlatform);

    internal static async Task<IResult> HandleAsync(
        string deviceId, HttpContext http, GroupTransactions groups, DeviceStore devices, DataSealer sealer, CancellationToken cancellationToken)
    {
        var (id, missing) = await OwnedDevice.FindAsync(deviceId, http, devices, cancellationToken);
        if (missing is not null)
        {
            return missing;
        }

        var (token, refusal) = await ReadAsync(http.Request);
        if (token is null)
        {
            return refusal!;
        }

        // 1. Who has the token now? Their groups are part of the change.
        var value = Encoding.ASCII.GetBytes(token.Value);
        var marks = sealer.Marks(value);
        List<Holder> holders = [];
        await using var change = await groups.BeginAsync(
            http.Access,
            async (connection, cancellation) =>
            {
                holders = await FindHoldersAsync(connection, marks, id, cancellation);
                return holders.Select(holder => holder.GroupId);
            },
            cancellationToken);
        var (device, gone) = await OwnedDevice.FindAsync(change, id, cancellationToken);
        if (device is null)
        {
            return gone!;
        }

        // 2. There it goes, here it comes. A device that got another token while we waited for its group keeps that one.
        if (holders.Count > 0)
        {
            holders = await FindHoldersAsync(change.Connection, marks, id, cancellationToken);
            change.Writes.Add(Clear, Sql.Values(holders.Select(holder => holder.DeviceId)), Sql.Value(change.Now));
            foreach (var holder in holders)
            {
                change.EffectsOf(holder.GroupId).DeviceUpdated(holder.DeviceId, "pushToken");
            }
        }

        change.Writes.Add(
            Set, Sql.Value(id), Sql.Value(sealer.Seal(value, SealPurpose.PushToken, id)), Sql.Value(marks[0]), Sql.Value(token.Platform), Sql.Value(change.Now));
        change.Effects.DeviceUpdated(id, "pushToken");
        await change.CommitAsync();
        return TypedResults.NoContent();
    }

    private static async Task<List<Holder>> FindHoldersAsync(NpgsqlConnection connection, IReadOnlyList<byte[]> marks, Guid but, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(LockToken, Sql.Value(BinaryPrimitives.ReadInt64BigEndian(marks[0])));
        batch.Add(Holders, Sql.Values(marks), Sql.Value(but));
        var holders = new List<Holder>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            holders.Add(new Holder(reader.GetGuid(0), reader.GetInt64(1)));
        }

        return holders;
    }

    private static async Task<(PushToken? Token, IResult? Refusal)> ReadAsync(HttpRequest request)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var token = body.RequiredString("pushToken", MaximumLength);
            if (token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                body.Fault("pushToken", "must be printable ASCII without spaces");
            }

            var platform = body.OptionalString("platform", int.MaxValue, allowControls: true);
            if (platform is null)
            {
                body.Fault("platform", "required");
            }
            else if (platform is not ("ios" or "android"))
            {
                body.Refuse(DeviceRegistryProblems.InvalidPlatform);
            }

            return body.Refusal is { } refusal ? (null, refusal) : (new PushToken(token, platform!), null);
        }
    }

    private sealed record PushToken(string Value, string Platform);

    private sealed record Holder(Guid DeviceId, long GroupId);
}

/// <summary>Where a device can be woken.</summary>
public sealed record SetPushTokenRequest
{
    /// <summary>The push service's token: 1–4096 printable ASCII characters, no spaces.</summary>
    public required string PushToken { get; init; }

    /// <summary><c>ios</c> or <c>android</c>.</summary>
    public required string Platform { get; init; }
}
