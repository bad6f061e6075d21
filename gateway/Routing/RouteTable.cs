using static Gateway.Routing.ServiceNames;

namespace Gateway.Routing;

/// <summary>
/// Which path goes to which service. The table decides the API family of gateway-made errors too: a path below the literal
/// part of a row belongs to that row's service, any other path to the platform itself.
/// </summary>
internal static class RouteTable
{
    public static readonly IReadOnlyList<GatewayRoute> Routes =
    [
        new("pairing-mobile", "/mobile/v1/{**rest}", Pairing),
        new("pairing-tenants", "/tenants/v1/{**rest}", Pairing),
        new("pairing-status-events", "/tenants/v1/pairing/status/{jti}/events", Pairing) { EventStream = true },
        new("pairing-admin-tenants", "/admin/v1/tenants", Pairing),
        new("pairing-key-set", "/.well-known/jwks.json", Pairing),
        new("pairing-health", "/actuator/health", Pairing),

        new("identity-auth", "/v1/auth/{**rest}", ServiceNames.IdentityAuth),
        new("identity-auth-account", "/v1/users/@me/{**rest}", ServiceNames.IdentityAuth),
        new("identity-auth-instance", "/.well-known/fluxer", ServiceNames.IdentityAuth),
        new("identity-auth-well-known", "/identity-auth/.well-known/{**rest}", ServiceNames.IdentityAuth),

        new("device-registry", "/authlance/identity/{**rest}", DeviceRegistry),
        new("device-registry-events", "/authlance/identity/api/v1/realm/groups/{groupId}/devices/events", DeviceRegistry) { EventStream = true },

        new("scope-signing-key", "/key/{**rest}", ScopeSigning),
        new("scope-signing-login", "/login", ScopeSigning),
        new("scope-signing-scope", "/scope/{**rest}", ScopeSigning),
        new("scope-signing-confirm", "/confirm/{**rest}", ScopeSigning),
        new("scope-signing", "/scope-signing/{**rest}", ScopeSigning) { RemoveFirstSegment = true },
    ];

    private static readonly Dictionary<string, GatewayRoute> ById = Routes.ToDictionary(route => route.Id, StringComparer.Ordinal);

    public static GatewayRoute Find(string id) => ById[id];

    /// <summary>The service whose paths include <paramref name="path"/>, in whatever case, or <see langword="null"/>.</summary>
    public static string? ServiceOf(PathString path)
    {
        foreach (var route in Routes)
        {
            if (path.StartsWithSegments(route.Literal, StringComparison.OrdinalIgnoreCase))
            {
                return route.Service;
            }
        }

        return null;
    }
}
