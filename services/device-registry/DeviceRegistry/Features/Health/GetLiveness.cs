using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Health;

/// <summary>Whether the process answers at all (contract §9).</summary>
public static class GetLiveness
{
    // Anonymous, and not routed at the gateway: for whoever runs the service.
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/health/live", Handle)
        .WithName(nameof(GetLiveness))
        .WithTags("Health")
        .WithSummary("Whether the process answers")
        .Answers<LivenessResponse>(StatusCodes.Status200OK, "It does.");

    internal static IResult Handle() => TypedResults.Ok(new LivenessResponse("UP"));
}

/// <summary>That the process answers.</summary>
/// <param name="Status"><c>UP</c>.</param>
public sealed record LivenessResponse(string Status);
