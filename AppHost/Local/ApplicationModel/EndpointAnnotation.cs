using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An address on which a resource can be reached.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    public EndpointAnnotation(
        ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null,
        int? port = null, int? targetPort = null, bool? isExternal = null, bool? isProxied = null)
    {
        var protocolName = protocol == ProtocolType.Udp ? "udp" : "tcp";
        Protocol = protocol;
        UriScheme = uriScheme ?? protocolName;
        Transport = transport ?? (UriScheme is "http" or "https" ? "http" : protocolName);
        Name = name ?? UriScheme;
        Port = port;
        TargetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsProxied = isProxied ?? true;
    }

    public string Name { get; set; }

    public ProtocolType Protocol { get; set; }

    public string UriScheme { get; set; }

    public string Transport { get; set; }

    /// <summary>The port that others connect to; a free one when null.</summary>
    public int? Port { get; set; }

    /// <summary>The port that the process itself listens on.</summary>
    public int? TargetPort { get; set; }

    public string TargetHost { get; set; } = "localhost";

    /// <summary>Whether callers outside the application use it.</summary>
    public bool IsExternal { get; set; }

    public bool IsProxied { get; set; }

    /// <summary>Null until the application starts.</summary>
    public AllocatedEndpoint? AllocatedEndpoint { get; set; }

    /// <summary>The variable that tells the process its port; such an endpoint does not go into <c>ASPNETCORE_URLS</c>.</summary>
    internal string? PortVariable { get; set; }

    /// <summary>One port per replica, the first being <see cref="AllocatedEndpoint"/>'s.</summary>
    internal IReadOnlyList<int> ReplicaPorts { get; set; } = [];

    internal bool IsHttp => UriScheme is "http" or "https";
}

public class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port)
{
    public EndpointAnnotation Endpoint { get; } = endpoint;

    public string Address { get; } = address;

    public int Port { get; } = port;

    public string UriScheme => Endpoint.UriScheme;

    public string EndPointString => $"{Address}:{Port}";

    public string UriString => $"{UriScheme}://{EndPointString}";

    public override string ToString() => UriString;
}
