using DeviceRegistry.Data;
using DeviceRegistry.Http;
using Npgsql;

namespace DeviceRegistry.Features.Groups;

/// <summary>A global administrator creates a group (<c>id</c> −1) or replaces what is said about one (contract §9).</summary>
public static class PutGroup
{
    private const int MaximumNameLength = 64;
    private const int MaximumTextLength = 4096;

    private const string Insert = $"""
        INSERT INTO groups AS g (name, long_name, description, avatar, url, subscription_uuid, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING {GroupDirectory.Columns}
        """;

    private const string Update = """
        UPDATE groups SET name = $1, long_name = $2, description = $3, avatar = $4, url = $5, subscription_uuid = $6 WHERE id = $7
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPut("/group", HandleAsync)
        .WithName(nameof(PutGroup))
        .WithSummary("Create or update a group")
        .WithDescription("The creator does not become a member: members are added one by one.")
        .Takes<PutGroupRequest>()
        .Answers<GroupResponse>(StatusCodes.Status201Created, "Created, with its number.")
        .Answers<GroupResponse>(StatusCodes.Status200OK, "Updated.")
        .Refuses(
            DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge, DeviceRegistryProblems.InvalidJson,
            DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.GroupNotFound, DeviceRegistryProblems.GroupNameTaken);

    internal static async Task<IResult> HandleAsync(HttpContext http, NpgsqlDataSource source, GroupTransactions groups, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (request, refusal) = await ReadAsync(http.Request);
        if (request is null)
        {
            return refusal!;
        }

        try
        {
            return request.Id is { } id
                ? await UpdateAsync(id, request, http, groups, cancellationToken)
                : await CreateAsync(request, http, source, clock, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return DeviceRegistryProblems.GroupNameTaken;
        }
    }

    private static async Task<IResult> CreateAsync(GroupData request, HttpContext http, NpgsqlDataSource source, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Insert);
        command.Parameters.Add(Sql.Value(request.Name));
        command.Parameters.Add(Sql.Value(request.LongName));
        command.Parameters.Add(Sql.Value(request.Description));
        command.Parameters.Add(Sql.Value(request.Avatar));
        command.Parameters.Add(Sql.Value(request.Url));
        command.Parameters.Add(Sql.Value(request.SubscriptionUuid));
        command.Parameters.Add(Sql.Value(clock.Now));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var group = GroupDirectory.ReadGroup(reader);
        return TypedResults.Created($"{http.Request.Path.Value}/id/{group.Id}", GroupResponse.Of(group));
    }

    // Under the group's lock: with its name it is decided whose tokens make members (contract §1.2).
    private static async Task<IResult> UpdateAsync(long id, GroupData request, HttpContext http, GroupTransactions groups, CancellationToken cancellationToken)
    {
        await using var change = await groups.BeginAsync(id, http.Caller.Identity, cancellationToken);
        if (change is null)
        {
            return DeviceRegistryProblems.GroupNotFound;
        }

        change.Writes.Add(
            Update,
            Sql.Value(request.Name), Sql.Value(request.LongName), Sql.Value(request.Description), Sql.Value(request.Avatar), Sql.Value(request.Url),
            Sql.Value(request.SubscriptionUuid), Sql.Value(id));
        if (request.Name != change.Group.Name)
        {
            change.Effects.Renamed();
        }

        await change.CommitAsync();
        return TypedResults.Ok(GroupResponse.Of(change.Group with
        {
            Name = request.Name,
            LongName = request.LongName,
            Description = request.Description,
            Avatar = request.Avatar,
            Url = request.Url,
            SubscriptionUuid = request.SubscriptionUuid,
        }));
    }

    private static async Task<(GroupData? Group, IResult? Refusal)> ReadAsync(HttpRequest request)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var id = body.OptionalInteger("id") ?? -1;
            if (id is not (-1 or (>= 1 and <= PathValues.MaximumGroupId)))
            {
                body.Fault("id", "must be -1 or a group's number");
            }

            var name = body.RequiredString("name", MaximumNameLength);
            if (name.Length > 0 && !IsName(name))
            {
                body.Fault("name", "may have a–z, 0–9 and '-'");
            }

            var group = new GroupData(
                id == -1 ? null : id,
                name,
                body.OptionalString("longName", MaximumTextLength, allowControls: true),
                body.OptionalString("description", MaximumTextLength, allowControls: true),
                body.OptionalString("avatar", MaximumTextLength),
                body.OptionalString("url", MaximumTextLength),
                body.OptionalString("subscriptionUuid", MaximumNameLength));
            return body.Refusal is { } refusal ? (null, refusal) : (group, null);
        }
    }

    /// <summary>Whether a text can be a group's name.</summary>
    internal static bool IsName(string name)
        => name.Length is >= 1 and <= MaximumNameLength
            && name.All(static character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-');

    private sealed record GroupData(long? Id, string Name, string? LongName, string? Description, string? Avatar, string? Url, string? SubscriptionUuid);
}

/// <summary>A group, whole: what is left out is not there afterwards.</summary>
public sealed record PutGroupRequest
{
    /// <summary>−1, or missing: create one.</summary>
    public long? Id { get; init; }

    /// <summary>1–64 of <c>a</c>–<c>z</c>, <c>0</c>–<c>9</c>, <c>-</c>; unique. Tokens speak of the group by it.</summary>
    public required string Name { get; init; }

    /// <summary>At most 4096 characters, as the others.</summary>
    public string? LongName { get; init; }

    public string? Description { get; init; }

    public string? Avatar { get; init; }

    public string? Url { get; init; }

    /// <summary>At most 64 characters.</summary>
    public string? SubscriptionUuid { get; init; }
}
