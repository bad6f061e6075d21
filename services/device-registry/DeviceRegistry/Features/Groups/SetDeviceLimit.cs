using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using Npgsql;

namespace DeviceRegistry.Features.Groups;

/// <summary>
/// A global administrator says how many devices a group may have (contract §9). Fewer than there are: they stay, and no new one comes in.
/// </summary>
public static class SetDeviceLimit
{
    private const int Maximum = 1_000;

    private const string Update = """
        UPDATE groups SET max_devices = $2 WHERE id = $1
        RETURNING (SELECT count(*)::int FROM devices WHERE group_id = $1 AND status <> 'revoked')
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPut("/group/id/{groupId}/device-limit", HandleAsync)
        .WithName(nameof(SetDeviceLimit))
        .WithSummary("Set a group's device limit")
        .HasGroupId()
        .Takes<SetDeviceLimitRequest>()
        .Answers<DeviceLimitResponse>(StatusCodes.Status200OK, "Taken and available places.")
        .Refuses(
            DeviceRegistryProblems.InvalidGroupId, DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge,
            DeviceRegistryProblems.InvalidJson, DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.GroupNotFound);

    internal static async Task<IResult> HandleAsync(string groupId, HttpContext http, GroupDirectory groups, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        if (!PathValues.TryReadGroupId(groupId, out var id))
        {
            return DeviceRegistryProblems.InvalidGroupId;
        }

        if (await groups.FindAsync(id, http.Caller, GroupRequirement.Administrator, cancellationToken) is null)
        {
            return DeviceRegistryProblems.GroupNotFound;
        }

        var (max, refusal) = await ReadAsync(http.Request);
        if (refusal is not null)
        {
            return refusal;
        }

        await using var command = source.CreateCommand(Update);
        command.Parameters.Add(Sql.Value(id));
        command.Parameters.Add(Sql.Value(max));
        return await command.ExecuteScalarAsync(cancellationToken) is int current
            ? TypedResults.Ok(DeviceLimitResponse.Of(current, max))
            : DeviceRegistryProblems.GroupNotFound;
    }

    private static async Task<(int Max, IResult? Refusal)> ReadAsync(HttpRequest request)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (0, problem);
        }

        using (body)
        {
            var max = body.OptionalInteger("max");
            if (max is not (>= 1 and <= Maximum))
            {
                body.Fault("max", $"must be 1–{Maximum}");
            }

            return body.Refusal is { } refusal ? (0, refusal) : ((int)max!.Value, null);
        }
    }
}

/// <summary>A group's device limit.</summary>
public sealed record SetDeviceLimitRequest
{
    /// <summary>How many pending and active devices there may be, 1–1000.</summary>
    public required int Max { get; init; }
}
