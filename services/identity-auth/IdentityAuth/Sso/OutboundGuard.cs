using System.Net;
using System.Net.Sockets;

namespace IdentityAuth.Sso;

/// <summary>
/// Lets requests out to public addresses only. The check is made on the address that the connection goes to, after the name was
/// resolved: a name that changes its address in between (DNS rebinding) does not help.
/// </summary>
internal static class OutboundGuard
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // RFC 6890 and the registries that it began, without what is public.
    private static readonly IPNetwork[] SpecialIPv4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        }.Select(text => IPNetwork.Parse(text)),
    ];

    // Public IPv6 addresses are in 2000::/3 (RFC 4291 §2.4); these parts of it are not, or carry an IPv4 address.
    private static readonly IPNetwork PublicIPv6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] SpecialIPv6 =
        [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(text => IPNetwork.Parse(text))];

    /// <summary>Whether a host on the internet can have this address.</summary>
    public static bool IsPublic(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? !SpecialIPv4.Any(network => network.Contains(plain))
            : PublicIPv6.Contains(plain) && !SpecialIPv6.Any(network => network.Contains(plain));
    }

    /// <summary>A handler that follows no redirects, keeps no cookies and, unless <paramref name="allowLocal"/>, connects to public addresses only.</summary>
    public static SocketsHttpHandler CreateHandler(bool allowLocal)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        };
        if (!allowLocal)
        {
            handler.ConnectCallback = ConnectAsync;
        }

        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        var allowed = addresses.Where(IsPublic).ToArray();
        if (allowed.Length == 0)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "The address is not public.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
