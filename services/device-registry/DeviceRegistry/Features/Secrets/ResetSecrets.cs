using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Secrets;

/// <summary>
/// An administrator starts the group's encryption over (contract §9): ciphertext, wrapped keys and open requests go, active devices are pending again,
/// and the next device bootstraps a new key.
/// </summary>
public static class ResetSecrets
{
    private const string Reset = """
        UPDATE groups SET key_version = $2, key_ready = false, ever_active = false, initialized_by = NULL WHERE id = $1
        """;

    private const string ResetDevices = """
        UPDATE devices SET updated_at = CASE WHEN status = 'active' THEN $2 ELSE updated_at END,
                           status = 'pending', was_active = false, wrapped_key = NULL, sender_public_key = NULL, wrapped_key_version = 0, acked_key_version = 0
        WHERE group_id = $1 AND status <> 'revoked'
        """;

    private const string DeleteOpenRequests = "DELETE FROM key_requests WHERE group_id = $1 AND status = 'pending'";

    private const string ForgetGrants = "UPDATE key_requests SET wrapped_key = NULL, sender_public_key = NULL WHERE group_id = $1 AND wrapped_key IS NOT NULL";

    public static void Map(RouteGroupBuilder group) => group.MapPost("/secrets/reset", HandleAsync)
        .For(GroupRequirement.Administrator)
        .WithName(nameof(ResetSecrets))
        .WithSummary("Start the group's encryption over")
        .WithDescription("What was encrypted with the old key cannot be read any more.")
        .Answers(StatusCodes.Status204NoContent, "The group has no key.");

    internal static async Task<IResult> HandleAsync(HttpContext http, GroupTransactions groups, CancellationToken cancellationToken)
    {
        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        var groupId = change.Group.Id;
        var version = change.Group.KeyVersion + 1;
        var active = await DeviceStore.ListAsync(change, DeviceStatus.Active, cancellationToken);
        foreach (var request in await KeyRequestStore.ListPendingAsync(change, cancellationToken))
        {
            change.Effects.KeyRequestRejected(request.Id, request.DeviceId);
        }

        SecretsStore.Remove(change);
        change.Writes.Add(DeleteOpenRequests, Sql.Value(groupId));
        change.Writes.Add(ForgetGrants, Sql.Value(groupId));
        change.Writes.Add(ResetDevices, Sql.Value(groupId), Sql.Value(change.Now));
        change.Writes.Add(Reset, Sql.Value(groupId), Sql.Value(version));
        change.Effects.GroupKeyReset(version, active.Count);
        await change.CommitAsync();
        return TypedResults.NoContent();
    }
}
