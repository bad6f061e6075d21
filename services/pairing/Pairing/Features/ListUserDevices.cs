using Pairing.Data;
using Pairing.Domain;
using Pairing.Http;

namespace Pairing.Features;

/// <summary>The tenant lists a user's linked phones (contract §7.5).</summary>
public static class ListUserDevices
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/users/{userId}/devices", HandleAsync)
        .WithName(nameof(ListUserDevices))
        .WithSummary("List a user's phones")
        .WithDescription("The phones that are linked to the user, oldest first; an empty list when there is none, or no such user.")
        .HasParameter("userId", "The user, as the tenant names him: a UUID.")
        .Answers<IReadOnlyList<UserDeviceResponse>>(StatusCodes.Status200OK, "The phones.")
        .Refuses(PairingProblems.ValidationFailed);

    internal static async Task<IResult> HandleAsync(
        string userId, HttpContext http, DeviceDirectory devices, CancellationToken cancellationToken)
    {
        if (!Uuid.TryParse(userId, out var user))
        {
            return PairingProblems.ValidationFailed.With(PathFaults.NotUuid("userId"));
        }

        var linked = await devices.ListAsync(http.TenantId, user, cancellationToken);
        return TypedResults.Ok(linked.Select(device => new UserDeviceResponse(
            device.DeviceId,
            device.DisplayName,
            device.Platform,
            device.OsVersion,
            device.Model,
            KeyThumbprint.FromBytes(device.PublicKeyThumbprint).ToString(),
            new DateTimeOffset(device.CreatedAt, TimeSpan.Zero).ToUnixTimeSeconds())).ToList());
    }
}

/// <summary>A linked phone.</summary>
/// <param name="DeviceId">The name that the phone chose for itself.</param>
/// <param name="DisplayName">What the user calls it.</param>
/// <param name="Platform"><c>ANDROID</c> or <c>IOS</c>.</param>
/// <param name="OsVersion">Version of its system, if it told.</param>
/// <param name="Model">Its model, if it told.</param>
/// <param name="PublicKeyThumbprint">SHA-256 of its key's SubjectPublicKeyInfo, base64url without padding, 43 characters.</param>
/// <param name="CreatedAt">When it was linked, in seconds since the epoch, UTC.</param>
public sealed record UserDeviceResponse(
    string DeviceId, string DisplayName, string Platform, string? OsVersion, string? Model, string PublicKeyThumbprint, long CreatedAt);
