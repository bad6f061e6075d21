using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Members;

/// <summary>
/// An administrator adds somebody, by identity or by e-mail address (contract §9). An address becomes a member when somebody turns up whose token
/// carries it, verified.
/// </summary>
public static class AddMember
{
    public static void Map(RouteGroupBuilder group, string name = nameof(AddMember)) => group.MapPost("/members", HandleAsync)
        .For(GroupRequirement.Administrator)
        .WithName(name)
        .WithSummary("Add a member")
        .WithDescription("Somebody who was removed is a member again, without roles.")
        .HasParameter("name", "The group's name.")
        .Takes<AddMemberRequest>()
        .Answers<MemberResponse>(StatusCodes.Status200OK, "The member, or the invitation.")
        .Refuses(
            DeviceRegistryProblems.Forbidden, DeviceRegistryProblems.UnsupportedMediaType, DeviceRegistryProblems.PayloadTooLarge,
            DeviceRegistryProblems.InvalidJson, DeviceRegistryProblems.ValidationFailed, DeviceRegistryProblems.GroupMismatch);

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

        var known = request.Identity is { } identity
            ? await MemberStore.FindAsync(change, identity, cancellationToken)
            : await MemberStore.FindByEmailAsync(change, request.Email!, cancellationToken);
        var member = new Member(
            request.Identity ?? known?.Identity,
            request.Email ?? known?.Email,
            request.FirstName ?? known?.FirstName,
            request.LastName ?? known?.LastName,
            IsActive: true,
            known is { IsActive: true } ? known.Roles : []);
        if (member.Identity is null)
        {
            MemberStore.AddInvitation(change, member);
        }
        else
        {
            MemberStore.AddMember(change, member);
            if (member.Email is { } email)
            {
                // He is here: nobody else is to come in by it.
                MemberStore.RemoveInvitation(change, email);
            }
        }

        await change.CommitAsync();
        return TypedResults.Ok(MemberResponse.Of(member, change.Group.Name));
    }
}

/// <summary>Somebody to add: <c>identity</c> or <c>email</c> has to be there.</summary>
public sealed record AddMemberRequest
{
    /// <summary>The <c>sub</c> of his tokens, 1–255 characters.</summary>
    public string? Identity { get; init; }

    /// <summary>At most 254 characters.</summary>
    public string? Email { get; init; }

    /// <summary>At most 100 characters.</summary>
    public string? FirstName { get; init; }

    /// <summary>At most 100 characters.</summary>
    public string? LastName { get; init; }

    /// <summary>The group's name, if it is repeated here; has to be the path's.</summary>
    public string? Group { get; init; }
}
