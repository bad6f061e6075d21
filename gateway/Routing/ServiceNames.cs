namespace Gateway.Routing;

/// <summary>The services behind the gateway; the name is cluster, configuration key and API family at once.</summary>
internal static class ServiceNames
{
    public const string Pairing = "pairing";
    public const string IdentityAuth = "identity-auth";
    public const string DeviceRegistry = "device-registry";
    public const string ScopeSigning = "scope-signing";

    public static readonly IReadOnlyList<string> All = [Pairing, IdentityAuth, DeviceRegistry, ScopeSigning];
}
