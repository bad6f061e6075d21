using Microsoft.AspNetCore.Http.Features;
using Pairing.Data;
using Pairing.Domain;
using Pairing.Http;

namespace Pairing.Features;

/// <summary>
/// The tenant removes a phone (contract §7.5). With a user's last phone his link and his measurement go, so that he can be paired again.
/// </summary>
public static class UnlinkUserDevice
{
    private const int MaximumDeviceIdLength = 128;

    public static void Map(RouteGroupBuilder group) => group.MapDelete("/users/{userId}/devices/{deviceId}", HandleAsync)
        .WithName(nameof(UnlinkUserDevice))
        .WithSummary("Remove a user's phone")
        .WithDescription("Unlinks the phone. When it was the user's last, his reference measurement is deleted and he can be paired again.")
        .HasParameter("userId", "The user, as the tenant names him: a UUID.")
        .HasParameter("deviceId", "The name that the phone chose for itself, percent-encoded.")
        .Answers(StatusCodes.Status204NoContent, "The phone is removed.")
        .Refuses(PairingProblems.ValidationFailed, PairingProblems.NotFound);

    internal static async Task<IResult> HandleAsync(
        string userId, string deviceId, HttpContext http, DeviceDirectory devices, CancellationToken cancellationToken)
    {
        if (!Uuid.TryParse(userId, out var user))
        {
            return PairingProblems.ValidationFailed.With(PathFaults.NotUuid("userId"));
        }

        var name = NameIn(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget) ?? deviceId; // not every server keeps it

        // No phone has a name that init would refuse.
        if (name.Length > MaximumDeviceIdLength || name.AsSpan().ContainsControl())
        {
            return PairingProblems.NotFound;
        }

        return await devices.RemoveAsync(http.TenantId, user, name, cancellationToken) ? TypedResults.NoContent() : PairingProblems.NotFound;
    }

    /// <summary>
    /// The last segment as the client wrote it, decoded once. The server's own decoding leaves an encoded slash alone, so that it does not
    /// become a separator, and then <c>%2F</c> may be a slash as well as these three characters.
    /// </summary>
    private static string? NameIn(string target)
    {
        var path = target.AsSpan(0, target.AsSpan().IndexOf('?') is var query and >= 0 ? query : target.Length).TrimEnd('/');
        var start = path.LastIndexOf('/') + 1;
        return start == 0 ? null : Uri.UnescapeDataString(path[start..]);
    }
}
