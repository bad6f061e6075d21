using Pairing.Data;

namespace Pairing.Features;

/// <summary>The administrator makes a tenant (contract §7.5). The tenant's key is shown this once.</summary>
public static class CreateTenant
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/tenants", HandleAsync)
        .WithName(nameof(CreateTenant))
        .WithSummary("Create a tenant")
        .WithDescription("Makes a tenant and its key. The key is shown only now; the service keeps its hash. A body is not read.")
        .Answers<CreateTenantResponse>(StatusCodes.Status201Created, "The tenant exists.");

    internal static async Task<IResult> HandleAsync(TenantDirectory tenants, CancellationToken cancellationToken)
    {
        var (id, apiKey) = await tenants.CreateAsync(cancellationToken);
        return TypedResults.Created((string?)null, new CreateTenantResponse(id, apiKey));
    }
}

/// <summary>A new tenant.</summary>
/// <param name="Id">Its id, a UUID of version 4.</param>
/// <param name="ApiKey">Its key for header <c>X-API-Key</c>, a UUID of version 4.</param>
public sealed record CreateTenantResponse(Guid Id, Guid ApiKey);
