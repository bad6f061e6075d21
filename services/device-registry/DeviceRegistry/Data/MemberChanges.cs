namespace DeviceRegistry.Data;

/// <summary>What happens to a membership in a change.</summary>
internal static class MemberChanges
{
    /// <summary>Somebody is no member any more: his devices in the group are revoked and his streams end.</summary>
    public static async Task RemoveAsync(GroupTransaction change, string identity, CancellationToken cancellationToken)
    {
        MemberStore.RemoveMember(change, identity);
        var devices = await DeviceStore.ListOfUserRowsAsync(change, identity, cancellationToken);
        await DeviceChanges.RevokeAsync(change, devices, cancellationToken);
        change.Effects.MembershipRemoved(identity);
    }
}
