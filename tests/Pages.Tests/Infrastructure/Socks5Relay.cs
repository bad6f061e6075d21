using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Pages.Tests.Infrastructure;

/// <summary>
/// Gives a browser a network address of its own: a SOCKS 5 proxy (RFC 1928) whose connections to the gateway come from another
/// address of loopback. The platform sees people on different networks, each with limits of their own.
/// </summary>
internal sealed class Socks5Relay : IAsyncDisposable
{
    private const byte Version = 5;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;

    public Socks5Relay(IPAddress from)
    {
        From = from;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where the connections come from.</summary>
    public IPAddress From { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"socks5://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(TcpClient browser)
    {
        using var client = browser;
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            var stream = client.GetStream();
            var port = await GreetAsync(stream);
            server.Bind(new IPEndPoint(From, 0));
            await server.ConnectAsync(IPAddress.Loopback, port, _end.Token);
            await stream.WriteAsync(new byte[] { Version, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, _end.Token);
            await using var upstream = new NetworkStream(server);
            // Either side's end is the end of both: a browser that goes away ends its event stream.
            await Task.WhenAny(stream.CopyToAsync(upstream, _end.Token), upstream.CopyToAsync(stream, _end.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // The connection is gone; whoever used it notices.
        }
    }

    /// <summary>The method (none) and the request (connect). Only the port counts: everything here is on this machine.</summary>
    private async Task<int> GreetAsync(NetworkStream stream)
    {
        var head = new byte[2];
        await stream.ReadExactlyAsync(head, _end.Token);
        await stream.ReadExactlyAsync(new byte[head[1]], _end.Token);
        await stream.WriteAsync(new byte[] { Version, 0 }, _end.Token);

        var request = new byte[4];
        await stream.ReadExactlyAsync(request, _end.Token);
        var length = request[3] switch { 1 => 4, 4 => 16, _ => await ReadByteAsync(stream) };
        await stream.ReadExactlyAsync(new byte[length], _end.Token);
        var port = new byte[2];
        await stream.ReadExactlyAsync(port, _end.Token);
        return (port[0] << 8) | port[1];
    }

    private async Task<int> ReadByteAsync(NetworkStream stream)
    {
        var one = new byte[1];
        await stream.ReadExactlyAsync(one, _end.Token);
        return one[0];
    }
}
