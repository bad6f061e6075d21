using System.Reflection;

namespace Conventions.Tests;

/// <summary>A service: one name in every spelling, and its deployable assembly.</summary>
public sealed record Service(string Folder, string Name, Assembly Assembly)
{
    /// <summary>Every service there is. A new one is added here and is checked from then on.</summary>
    public static IReadOnlyList<Service> All { get; } =
    [
        new("pairing", "Pairing", Assembly.Load("Pairing")),
        new("identity-auth", "IdentityAuth", Assembly.Load("IdentityAuth")),
        new("device-registry", "DeviceRegistry", Assembly.Load("DeviceRegistry")),
        new("scope-signing", "ScopeSigning", Assembly.Load("ScopeSigning")),
    ];

    /// <summary>Its folder, from the root.</summary>
    public string Path => $"services/{Folder}/{Name}";

    public override string ToString() => Folder;
}

/// <summary>One row per service.</summary>
public sealed class EveryService : TheoryData<Service>
{
    public EveryService()
    {
        foreach (var service in Service.All)
        {
            Add(service);
        }
    }
}
