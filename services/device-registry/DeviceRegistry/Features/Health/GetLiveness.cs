namespace DeviceRegistry.Features.Health;

/// <summary>Whether the process answers at all (contract §9).</summary>
public static class GetLiveness
{
    // Anonymous, and for whoever runs the service: not routed at the gateway, so it has no place in the document that the gateway serves.
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/health/live", Handle)
        .WithName(nameof(GetLiveness))
        .ExcludeFromDescription();

    internal static IResult Handle() => TypedResults.Ok(new LivenessResponse("UP"));
}

/// <summary>That the process answers.</summary>
/// <param name="Status"><c>UP</c>.</param>
public sealed record LivenessResponse(string Status);
