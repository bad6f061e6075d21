namespace DeviceRegistry.Domain;

/// <summary>By which right a wrapped key may be stored for a device (contract §5.7).</summary>
public enum ActivationRight
{
    /// <summary>None: the device has to ask, and another one to grant.</summary>
    None,

    /// <summary>a. The first device of a group without key.</summary>
    Bootstrap,

    /// <summary>b. The device was handed the present key before.</summary>
    Granted,

    /// <summary>c. The last one standing: it was active, and nobody else is.</summary>
    Recovery,

    /// <summary>d. The caller hands it over from another device of his that holds the present key.</summary>
    OtherDevice,
}

/// <summary>What the rule looks at.</summary>
/// <param name="Caller">The caller's identity.</param>
/// <param name="HasGrant">Whether the device holds a granted request for its present key and the group's present version.</param>
/// <param name="AnyActive">Whether some device of the group is active.</param>
/// <param name="CallerDevices">The caller's devices in the group that are not revoked.</param>
public sealed record ActivationFacts(Group Group, Device Device, string Caller, bool HasGrant, bool AnyActive, IReadOnlyList<Device> CallerDevices);

/// <summary>
/// Decides who may store a wrapped key. A stolen token alone must not be enough to plant a device that the next rotation would trust.
/// </summary>
public static class ActivationRule
{
    /// <summary>The right, the strongest first.</summary>
    public static ActivationRight Decide(ActivationFacts facts)
    {
        var (group, device) = (facts.Group, facts.Device);
        if (device.UserId == facts.Caller)
        {
            if (!group.EverActive && (!group.KeyReady || group.InitializedBy == facts.Caller))
            {
                return ActivationRight.Bootstrap;
            }

            if (facts.HasGrant || (device.Status == DeviceStatus.Active && group.KeyVersion > 0 && device.AckedKeyVersion == group.KeyVersion))
            {
                return ActivationRight.Granted;
            }

            if (device.WasActive && !facts.AnyActive)
            {
                return ActivationRight.Recovery;
            }
        }

        return facts.CallerDevices.Any(own => own.Id != device.Id && own.HoldsKeyOf(group)) ? ActivationRight.OtherDevice : ActivationRight.None;
    }
}
