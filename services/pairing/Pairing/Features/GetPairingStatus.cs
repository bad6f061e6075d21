using Pairing.Data;
using Pairing.Domain;
using Pairing.Http;

namespace Pairing.Features;

/// <summary>
/// The login server asks how a pairing stands (contract §7.2). An unknown one is 200 with NOT_FOUND, never 404: the caller takes
/// every other status for an outage.
/// </summary>
public static class GetPairingStatus
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/pairing/status/{jti}", HandleAsync)
        .WithName(nameof(GetPairingStatus))
        .WithSummary("Ask how a pairing stands")
        .WithDescription("Meant to be asked often. A pairing that is unknown, another tenant's or forgotten is NOT_FOUND, with status 200.")
        .HasParameter("jti", "The pairing's id, a UUID.")
        .Answers<PairingStatusResponse>(StatusCodes.Status200OK, "How the pairing stands now.")
        .Refuses(PairingProblems.ValidationFailed);

    internal static async Task<IResult> HandleAsync(
        string jti, HttpContext http, PairingStatusReader statuses, CancellationToken cancellationToken)
        => Uuid.TryParse(jti, out var id)
            ? TypedResults.Ok(PairingStatusResponse.From(await statuses.ReadAsync(http.TenantId, id, cancellationToken)))
            : PairingProblems.ValidationFailed.With(PathFaults.NotUuid("jti"));
}

/// <summary>How a pairing stands.</summary>
/// <param name="Status"><c>CREATED</c>, <c>PENDING</c>, <c>APPROVED</c>, <c>DENIED</c>, <c>EXPIRED</c> or <c>NOT_FOUND</c>.</param>
/// <param name="Reason">
/// Why: <c>created</c>, <c>recreated</c>, <c>initialized</c>, <c>completed</c>, <c>superseded</c>, <c>signature_invalid</c>,
/// <c>data_token_invalid</c>, <c>user_already_paired</c>, <c>public_key_invalid</c> or <c>expired</c>; left out with <c>NOT_FOUND</c>.
/// </param>
public sealed record PairingStatusResponse(string Status, string? Reason)
{
    internal static PairingStatusResponse From(PairingView view) => new(view.Status.WireName, view.Reason);
}
