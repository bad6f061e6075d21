using System.Net;
using System.Net.Sockets;

namespace PlatformSupport;

/// <summary>A client of the gateway with an address of its own: limits per address count it apart from every other.</summary>
public static class Caller
{
    private static int last;

    /// <summary>A client that calls from a loopback address that nobody else in this process uses.</summary>
    public static HttpClient New(Uri gateway) => new(NewHandler()) { BaseAddress = gateway, Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>The same, to put something in front of it.</summary>
    public static HttpMessageHandler NewHandler()
    {
        // 127.1.0.1 upwards: 127.0.0.1 is everybody else's.
        var number = Interlocked.Increment(ref last);
        var address = new IPAddress([127, (byte)(1 + (number >> 16)), (byte)(number >> 8), (byte)number]);
        return new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    socket.Bind(new IPEndPoint(address, 0));
                    await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, context.DnsEndPoint.Port), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
    }
}
