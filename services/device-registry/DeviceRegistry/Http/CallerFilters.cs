using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using Microsoft.AspNetCore.Http.Features;
using ServiceDefaults.Http;

namespace DeviceRegistry.Http;

/// <summary>The gates of the API, in the order of contract §1.4: token, syntax of the path, what the caller is to the group.</summary>
internal static class CallerFilters
{
    /// <summary>Closes a group of routes: whatever is in it needs a valid token.</summary>
    public static RouteGroupBuilder RequireCaller(this RouteGroupBuilder group)
        => group.AddEndpointFilter(static async (context, next) =>
        {
            var http = context.HttpContext;
            var authentication = http.RequestServices.GetRequiredService<CallerAuthentication>();
            var verdict = await authentication.AuthenticateAsync(http.Request);
            if (!verdict.IsGood(out var caller))
            {
                RefusalReason.Tell(http, verdict.Fault!);
                return DeviceRegistryProblems.Unauthorized;
            }

            http.Features.Set(caller);
            return await next(context);
        })
        .IsSecuredBy(SecuritySchemes.Bearer)
        .Refuses(DeviceRegistryProblems.Unauthorized);

    /// <summary>Closes a group of routes below a group's number; each operation says whom it is for by <see cref="For"/>.</summary>
    public static RouteGroupBuilder RequireGroup(this RouteGroupBuilder group)
        => group.AddEndpointFilter(static async (context, next) =>
        {
            var http = context.HttpContext;
            if (!PathValues.TryReadGroupId(http, out var groupId))
            {
                return DeviceRegistryProblems.InvalidGroupId;
            }

            // A group that is not there is refused like one that the caller is not in: nobody learns which numbers exist.
            var requirement = http.GetEndpoint()!.Metadata.GetRequiredMetadata<GroupRequirementMetadata>().Requirement;
            var access = await http.RequestServices.GetRequiredService<GroupDirectory>().FindAsync(groupId, http.Caller, requirement, http.RequestAborted);
            if (access is not { IsGranted: true })
            {
                return DeviceRegistryProblems.Forbidden;
            }

            http.Features.Set(access);
            return await next(context);
        })
        .HasGroupId()
        .Refuses(DeviceRegistryProblems.InvalidGroupId, DeviceRegistryProblems.Forbidden);

    /// <summary>Closes a group of routes: whatever is in it is for global administrators.</summary>
    public static RouteGroupBuilder RequireGlobalAdministrator(this RouteGroupBuilder group)
        => group.AddEndpointFilter(static (context, next) =>
        {
            var http = context.HttpContext;
            if (http.Request.RouteValues.ContainsKey("groupId") && !PathValues.TryReadGroupId(http, out _))
            {
                return ValueTask.FromResult<object?>(DeviceRegistryProblems.InvalidGroupId);
            }

            return http.Caller.IsGlobalAdministrator ? next(context) : ValueTask.FromResult<object?>(DeviceRegistryProblems.Forbidden);
        })
        .Refuses(DeviceRegistryProblems.Forbidden);

    /// <summary>Says whom an operation is for.</summary>
    public static RouteHandlerBuilder For(this RouteHandlerBuilder route, GroupRequirement requirement)
        => route.WithMetadata(new GroupRequirementMetadata(requirement));

    extension(HttpContext http)
    {
        /// <summary>Who calls.</summary>
        public Caller Caller => http.Features.GetRequiredFeature<Caller>();

        /// <summary>What the caller is to the group of the path.</summary>
        public GroupAccess Access => http.Features.GetRequiredFeature<GroupAccess>();
    }
}

/// <summary>Whom an operation is for.</summary>
internal sealed record GroupRequirementMetadata(GroupRequirement Requirement);
