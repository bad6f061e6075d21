using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Pairing.Data;
using Pairing.Domain;

namespace Pairing.Http;

/// <summary>The tenant that calls, known by its key.</summary>
internal sealed record Tenant(Guid Id);

/// <summary>The gates of the tenants' and the administrator's operations: header <c>X-API-Key</c> (contract §7).</summary>
internal static class ApiKeyFilters
{
    public const string HeaderName = "X-API-Key";

    /// <summary>Closes a group of routes: whatever is in it needs a tenant's key.</summary>
    public static RouteGroupBuilder RequireTenant(this RouteGroupBuilder group)
        => group.AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            var tenants = http.RequestServices.GetRequiredService<TenantDirectory>();
            if (!TryReadKey(http.Request, out var key) || await tenants.FindAsync(key, http.RequestAborted) is not { } tenant)
            {
                return PairingProblems.InvalidApiKey;
            }

            http.Features.Set(new Tenant(tenant));
            return await next(context);
        })
        .IsSecuredBy(SecuritySchemes.TenantKey)
        .Refuses(PairingProblems.InvalidApiKey);

    /// <summary>Closes a group of routes: whatever is in it needs the administrator's key.</summary>
    public static RouteGroupBuilder RequireAdministrator(this RouteGroupBuilder group)
        => group.AddEndpointFilter((context, next) =>
        {
            var options = context.HttpContext.RequestServices.GetRequiredService<IOptions<PairingOptions>>().Value;
            return TryReadKey(context.HttpContext.Request, out var key) && IsSame(key, Guid.Parse(options.AdminKey!))
                ? next(context)
                : ValueTask.FromResult<object?>(PairingProblems.InvalidApiKey);
        })
        .IsSecuredBy(SecuritySchemes.AdminKey)
        .Refuses(PairingProblems.InvalidApiKey);

    extension(HttpContext http)
    {
        /// <summary>The tenant whose key this request carries.</summary>
        public Guid TenantId => http.Features.GetRequiredFeature<Tenant>().Id;
    }

    private static bool TryReadKey(HttpRequest request, out Guid key)
    {
        key = default;
        var header = request.Headers[HeaderName];
        return header.Count == 1 && Uuid.TryParseVersion4(header[0], out key);
    }

    // How long the comparison takes does not tell how much of a guess was right.
    private static bool IsSame(Guid one, Guid other)
        => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(one.ToString()), Encoding.ASCII.GetBytes(other.ToString()));
}
