using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Local.Servers;

/// <summary>
/// The addresses that <c>localhost</c> may mean on this machine. The servers listen on all of them and on nothing else: a client
/// is answered at its first attempt, and no other program can stand on the same port of the other address.
/// </summary>
internal static class Loopback
{
    public static IReadOnlyList<IPAddress> Addresses { get; } = HasIPv6() ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];

    /// <summary>Whether nobody listens on the port.</summary>
    public static bool IsFree(int port) => Addresses.All(address => CanBind(address, port));

    private static bool HasIPv6() => Socket.OSSupportsIPv6 && CanBind(IPAddress.IPv6Loopback, 0);

    private static bool CanBind(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // .NET sets SO_REUSEADDR on Unix, so that connections in TIME_WAIT do not count.
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
