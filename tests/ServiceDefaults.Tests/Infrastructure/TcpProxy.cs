using System.Net;
using System.Net.Sockets;

namespace ServiceDefaults.Tests.Infrastructure;

/// <summary>
/// A server that can go away and come back, without harm to the shared one behind it: cut, it closes every connection and accepts
/// none; frozen, it keeps connections and passes nothing on.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly IPEndPoint _target;
    private readonly IPEndPoint _address;
    private readonly CancellationTokenSource _ends = new();
    private readonly HashSet<TcpClient> _clients = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource _flows = Open();
    private TcpListener? _listener;
    private long _connections;

    public TcpProxy(string host, int port)
    {
        _target = new IPEndPoint(host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(host), port);
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        _address = (IPEndPoint)_listener.LocalEndpoint;
        _ = AcceptAsync(_listener);
    }

    public int Port => _address.Port;

    /// <summary>Connections accepted so far.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    public static TcpProxy For(Uri server) => new(server.Host, server.Port);

    public void Cut()
    {
        lock (_lock)
        {
            _listener?.Stop();
            _listener = null;
            foreach (var client in _clients)
            {
                // A reset, as from a process that was killed.
                client.LingerState = new LingerOption(true, 0);
                client.Close();
            }

            _clients.Clear();
        }
    }

    public void Restore()
    {
        lock (_lock)
        {
            if (_listener is null)
            {
                _listener = new TcpListener(_address);
                _listener.Start();
                _ = AcceptAsync(_listener);
            }
        }
    }

    public void Freeze() => _flows = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Thaw() => _flows.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Cut();
        Thaw();
        await _ends.CancelAsync();
        _ends.Dispose();
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(_target);
            lock (_lock)
            {
                if (_listener is null)
                {
                    client.Close();
                    return;
                }

                _clients.Add(client);
                _clients.Add(server);
            }

            await Task.WhenAny(PumpAsync(client, server), PumpAsync(server, client));
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Either side went away.
        }
        finally
        {
            lock (_lock)
            {
                _clients.Remove(client);
                _clients.Remove(server);
            }

            client.Dispose();
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            int length;
            while ((length = await from.GetStream().ReadAsync(buffer, _ends.Token)) > 0)
            {
                await _flows.Task;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, length), _ends.Token);
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // Either side went away.
        }
    }
}
