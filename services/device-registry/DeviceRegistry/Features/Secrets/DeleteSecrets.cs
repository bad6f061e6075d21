using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Secrets;

/// <summary>An administrator deletes the group's secrets: the ciphertext only, the key stays (contract §9).</summary>
public static class DeleteSecrets
{
    public static void Map(RouteGroupBuilder group) => group.MapDelete("/secrets", HandleAsync)
        .For(GroupRequirement.Administrator)
        .WithName(nameof(DeleteSecrets))
        .WithSummary("Delete the group's secrets")
        .Answers(StatusCodes.Status204NoContent, "There are none now.");

    internal static async Task<IResult> HandleAsync(HttpContext http, GroupTransactions groups, CancellationToken cancellationToken)
    {
        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        if (await SecretsStore.ExistAsync(change, cancellationToken))
        {
            SecretsStore.Remove(change);
            await change.CommitAsync();
        }

        return TypedResults.NoContent();
    }
}
