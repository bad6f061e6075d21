using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Secrets;

/// <summary>The group's secrets, for owners of active devices (contract §9): nobody else could open them.</summary>
public static class GetSecrets
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/secrets", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(GetSecrets))
        .WithSummary("Read the group's secrets")
        .Answers<SecretsResponse>(StatusCodes.Status200OK, "The ciphertext.")
        .Refuses(DeviceRegistryProblems.SecretsNotFound, DeviceRegistryProblems.NoActiveDevice);

    internal static async Task<IResult> HandleAsync(HttpContext http, SecretsStore store, DeviceStore devices, CancellationToken cancellationToken)
    {
        var group = http.Access.Group;
        if (await store.FindAsync(group.Id, cancellationToken) is not { } secrets)
        {
            return DeviceRegistryProblems.SecretsNotFound;
        }

        var own = await devices.ListOfUserRowsAsync(group.Id, http.Caller.Identity, cancellationToken);
        return own.Any(device => device.Status == DeviceStatus.Active)
            ? TypedResults.Ok(SecretsResponse.Of(group.Id, secrets, group.KeyReady))
            : DeviceRegistryProblems.NoActiveDevice;
    }
}
