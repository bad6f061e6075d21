using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local.Engine;

/// <summary>One running copy of a resource.</summary>
internal sealed class ResourceInstance
{
    private const string SuffixCharacters = "abcdefghijklmnopqrstuvwxyz";
    private const int SuffixLength = 8;

    private ResourceInstance(IResource resource, int replica, string? suffix)
    {
        Resource = resource;
        Replica = replica;
        Suffix = suffix;
        Id = suffix is null ? resource.Name : $"{resource.Name}-{suffix}";
    }

    public IResource Resource { get; }

    /// <summary>The name, for what runs as a process with a random suffix.</summary>
    public string Id { get; }

    /// <summary>What tells replicas apart; null for what is no process.</summary>
    public string? Suffix { get; }

    /// <summary>From 0.</summary>
    public int Replica { get; }

    /// <summary>For people: the name, numbered from 1 when there are several.</summary>
    public string DisplayName => Resource.ReplicaCount() > 1
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Resource.Name} {Replica + 1}")
        : Resource.Name;

    public static IReadOnlyList<ResourceInstance> Of(IResource resource)
        => resource is IComputeResource
            ? [.. Enumerable.Range(0, resource.ReplicaCount())
                .Select(i => new ResourceInstance(resource, i, RandomNumberGenerator.GetString(SuffixCharacters, SuffixLength)))]
            : [new ResourceInstance(resource, 0, suffix: null)];

    /// <summary>The port of this copy at an endpoint.</summary>
    public int Port(string endpointName)
    {
        var endpoint = new EndpointReference((IResourceWithEndpoints)Resource, endpointName).EndpointAnnotation;
        return Replica < endpoint.ReplicaPorts.Count ? endpoint.ReplicaPorts[Replica] : endpoint.AllocatedEndpoint!.Port;
    }
}
