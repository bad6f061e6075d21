namespace DeviceRegistry.Data;

/// <summary>What happens to a membership in a change.</summary>
internal static class MemberChanges
{
    /// <summary>
    /// Somebody is no member any more: his devices in the group are revoked and his streams end. An invitation that waits for his address goes too, or
    /// it would let him in again at once.
    /// </summary>
    /// <param name="email">His address, if the group knows it.</param>
    public static async Task RemoveAsync(GroupTransaction change, string identity, string? email, CancellationToken cancellationToken)
    {
        MemberStore.RemoveMember(change, identity);
        if (email is not null)
        {
            MemberStore.RemoveInvitation(change, email);
        }

        var devices = await DeviceStore.ListOfUserRowsAsync(change, identity, cancellationToken);
        await DeviceChanges.RevokeAsync(change, devices, cancellationToken);
        change.Effects.MembershipRemoved(identity);
    }
}
