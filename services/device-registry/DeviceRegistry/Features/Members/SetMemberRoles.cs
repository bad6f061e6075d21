using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Members;

/// <summary>An administrator replaces somebody's roles in the group (contract §9). Its last administrator stays one.</summary>
public static class SetMemberRoles
{
    private const int MaximumRoles = 32;
    private const int MaximumRoleLength = 64;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/role", HandleAsync)
        .For(GroupRequirement.Administrator)
        .WithName(nameof(SetMemberRoles))
        .WithSummary("Set a member's roles")
        .HasParameter("name", "The group's name.")
        .Takes<SetMemberRolesRequest>()
        .Answers<MemberRolesResponse>(StatusCodes.Status200OK, "His roles now.")
        .Refuses(
            DeviceRegistryProblems.Forbidden, DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge,
            DeviceRegistryProblems.InvalidJson, DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.GroupMismatch,
            DeviceRegistryProblems.MemberNotFound, DeviceRegistryProblems.LastGroupAdmin);

    internal static async Task<IResult> HandleAsync(HttpContext http, GroupTransactions groups, CancellationToken cancellationToken)
    {
        var (identity, roles, refusal) = await ReadAsync(http);
        if (refusal is not null)
        {
            return refusal;
        }

        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        if (await MemberStore.FindAsync(change, identity, cancellationToken) is not { IsActive: true } member)
        {
            return DeviceRegistryProblems.MemberNotFound;
        }

        if (member.Roles.Contains(MemberRole.GroupAdministrator) && !roles.Contains(MemberRole.GroupAdministrator)
            && !await MemberStore.HasOtherAdministratorAsync(change, identity, cancellationToken))
        {
            return DeviceRegistryProblems.LastGroupAdmin;
        }

        MemberStore.ReplaceRoles(change, identity, roles);
        await change.CommitAsync();
        return TypedResults.Ok(MemberRolesResponse.Of(identity, change.Group.Name, roles));
    }

    private static async Task<(string Identity, IReadOnlyList<string> Roles, IResult? Refusal)> ReadAsync(HttpContext http)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(http.Request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return ("", [], problem);
        }

        using (body)
        {
            var identity = body.RequiredString("identity", MemberBody.MaximumIdentityLength);
            var roles = body.RequiredStrings("roles", MaximumRoles, MaximumRoleLength).Distinct(StringComparer.Ordinal).ToList();
            MemberBody.CheckGroup(body, http);
            return (identity, roles, body.Refusal);
        }
    }
}

/// <summary>Somebody's roles, all of them.</summary>
public sealed record SetMemberRolesRequest
{
    /// <summary>The <c>sub</c> of his tokens.</summary>
    public required string Identity { get; init; }

    /// <summary>At most 32 of 1–64 characters. <c>group-admin</c> administers the group; others are kept.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>The group's name, if it is repeated here; has to be the path's.</summary>
    public string? Group { get; init; }
}
