using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Members;

/// <summary>An administrator removes somebody: his devices in the group are revoked, whatever his token says (contract §9).</summary>
public static class RemoveMember
{
    public static void Map(RouteGroupBuilder group, string name = nameof(RemoveMember)) => group.MapDelete("/members", HandleAsync)
        .For(GroupRequirement.Administrator)
        .WithName(name)
        .WithSummary("Remove a member")
        .HasParameter("name", "The group's name.")
        .Takes<RemoveMemberRequest>()
        .Answers<MemberResponse>(StatusCodes.Status200OK, "Who was removed.")
        .Refuses(
            DeviceRegistryProblems.Forbidden, DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge,
            DeviceRegistryProblems.InvalidJson, DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.GroupMismatch,
            DeviceRegistryProblems.MemberNotFound);

    internal static async Task<IResult> HandleAsync(HttpContext http, GroupTransactions groups, CancellationToken cancellationToken)
    {
        var (request, refusal) = await MemberBody.ReadAsync(http);
        if (request is null)
        {
            return refusal!;
        }

        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        var known = request.Identity is { } named
            ? await MemberStore.FindAsync(change, named, cancellationToken)
            : await MemberStore.FindByEmailAsync(change, request.Email!, cancellationToken);
        var identity = request.Identity ?? known?.Identity;

        // Whose token alone makes him a member has no row. He is known when he has enrolled a device, whatever has become of it, and gets one now.
        var isMember = known?.IsActive ?? (identity is not null && await DeviceStore.HasAnyAsync(change, identity, cancellationToken));
        if (!isMember)
        {
            return DeviceRegistryProblems.MemberNotFound;
        }

        if (identity is null)
        {
            MemberStore.RemoveInvitation(change, known!.Email!);
        }
        else
        {
            await MemberChanges.RemoveAsync(change, identity, known?.Email ?? request.Email, cancellationToken);
        }

        await change.CommitAsync();
        var member = known ?? new Member(identity, null, null, null, IsActive: false, []);
        return TypedResults.Ok(MemberResponse.Of(member with { IsActive = false, Roles = [] }, change.Group.Name));
    }
}

/// <summary>Somebody to remove: <c>identity</c> or, for an invitation, <c>email</c> has to be there.</summary>
public sealed record RemoveMemberRequest
{
    /// <summary>The <c>sub</c> of his tokens.</summary>
    public string? Identity { get; init; }

    /// <summary>The address that was invited.</summary>
    public string? Email { get; init; }

    /// <summary>The group's name, if it is repeated here; has to be the path's.</summary>
    public string? Group { get; init; }
}
