using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Configuration;
using Aspire.Hosting.Local.Servers;

namespace Aspire.Hosting.Local.Engine;

/// <summary>Gives every endpoint its address before anything starts, so that environments may refer to each other in a circle.</summary>
internal static class PortAllocation
{
    /// <exception cref="DistributedApplicationException">A fixed port is taken; the message says by whom and how to choose another.</exception>
    public static void Allocate(IEnumerable<IResource> resources, LocalSettings settings)
    {
        var given = new Dictionary<int, string>();
        foreach (var resource in resources)
        {
            foreach (var endpoint in resource.Endpoints())
            {
                var ports = Enumerable.Range(0, resource.ReplicaCount()).Select(replica => Port(resource, endpoint, replica, settings, given)).ToList();
                endpoint.ReplicaPorts = ports;
                endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, endpoint.TargetHost, ports[0]);
            }
        }
    }

    private static int Port(IResource resource, EndpointAnnotation endpoint, int replica, LocalSettings settings, Dictionary<int, string> given)
    {
        var owner = $"{resource.Name} ({endpoint.Name})";
        if (Fixed(resource, endpoint) is { } port && replica == 0 && !settings.RandomizePorts)
        {
            if (given.TryGetValue(port, out var other))
            {
                throw new DistributedApplicationException($"Port {port} is wanted twice: by {other} and by {owner}. {Advice(resource, port, settings)}");
            }

            if (Ports.OwnerOf(port) is { } taken)
            {
                throw Taken(port, $"for {owner}", taken, Advice(resource, port, settings));
            }

            given[port] = owner;
            return port;
        }

        int free;
        do
        {
            free = Ports.Free();
        }
        while (!given.TryAdd(free, owner));

        return free;
    }

    /// <param name="use">What the port was for: <c>for gateway (http)</c>.</param>
    public static DistributedApplicationException Taken(int port, string use, PortOwner owner, string advice)
        => new($"Port {port.ToString(CultureInfo.InvariantCulture)}, {use}, is taken by {owner}. {advice}");

    /// <summary>A port to suggest instead.</summary>
    public static int Other(int port) => port <= 64_535 ? port + 1000 : port - 1000;

    // There is no proxy between a port that others use and the one a process listens on, so it is one and the same.
    private static int? Fixed(IResource resource, EndpointAnnotation endpoint)
    {
        if (resource is ContainerResource)
        {
            return Normal(endpoint.Port);
        }

        if (Normal(endpoint.TargetPort) is not { } target)
        {
            return Normal(endpoint.Port);
        }

        if (resource.ReplicaCount() > 1)
        {
            throw new DistributedApplicationException($"'{resource.Name}' has {resource.ReplicaCount()} replicas, which cannot all listen on port {target}: leave the target port of '{endpoint.Name}' out.");
        }

        return Normal(endpoint.Port) is not { } port || port == target
            ? target
            : throw new DistributedApplicationException($"The endpoint '{endpoint.Name}' of '{resource.Name}' has port {port} and target port {target}; the default engine has no proxy and needs one for both.");
    }

    // Port 0 means any, as it does for a socket.
    private static int? Normal(int? port) => port is 0 ? null : port;

    // The app model reads its fixed ports from settings below the resource's name: the one with this value is the one to change.
    private static string Advice(IResource resource, int port, LocalSettings settings)
    {
        var setting = settings.Configuration.GetChildren()
            .Where(section => string.Equals(section.Key, resource.Name, StringComparison.OrdinalIgnoreCase))
            .SelectMany(section => section.AsEnumerable())
            .FirstOrDefault(s => s.Key.EndsWith("Port", StringComparison.OrdinalIgnoreCase) && s.Value == port.ToString(CultureInfo.InvariantCulture)).Key;
        var other = setting is null
            ? "give it another one in AppHost.cs"
            : string.Create(CultureInfo.InvariantCulture, $"choose another port with --{setting}={Other(port)}");
        return $"Stop that program, or {other}, or let --ephemeral=true choose free ports.";
    }
}
