using System.Net;
using System.Net.Sockets;
using Inbox.Messages;
using Microsoft.Extensions.Options;

namespace Inbox.Smtp;

/// <summary>Listens for SMTP on loopback, IPv4 and, where the machine has it, IPv6.</summary>
internal sealed class SmtpServer(IOptions<InboxOptions> options, MessageStore store, TimeProvider clock, ILogger<SmtpServer> logger) : BackgroundService
{
    private readonly List<Socket> listeners = [];
    private int connections;

    /// <summary>Port in use, once the server has started: the configured one, or the free one that was found.</summary>
    public int Port { get; private set; }

    /// <exception cref="InvalidOperationException">The port cannot be used; the message says what to do.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Port = Listen(IPAddress.Loopback, options.Value.SmtpPort);
        try
        {
            Listen(IPAddress.IPv6Loopback, Port);
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            // No IPv6 here, or somebody else's port there. Clients that try ::1 first go on to 127.0.0.1.
            logger.LogInformation("SMTP listens on IPv4 only: {Reason}", exception.Message);
        }

        logger.LogInformation("Now listening on: smtp://localhost:{Port}", Port);
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        listeners.ForEach(listener => listener.Dispose());
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(listeners.Select(listener => AcceptAsync(listener, stoppingToken)));

    private int Listen(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new InvalidOperationException(
                $"SMTP cannot listen on {new IPEndPoint(address, port)}: {exception.Message}. Choose another port with Inbox:SmtpPort, 0 for a free one.", exception);
        }

        listeners.Add(socket);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task AcceptAsync(Socket listener, CancellationToken stopping)
    {
        var sessions = new HashSet<Task>();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(stopping);
                sessions.RemoveWhere(session => session.IsCompleted);
                sessions.Add(ServeAsync(socket, stopping));
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException exception)
            {
                // Out of file descriptors, or a client that was gone before it was served: the listener itself is still good.
                logger.LogWarning("SMTP could not accept a connection: {Reason}", exception.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100), clock, CancellationToken.None);
            }
        }

        await Task.WhenAll(sessions);
    }

    private async Task ServeAsync(Socket socket, CancellationToken stopping)
    {
        // The next client is accepted while this one is served.
        await Task.Yield();
        var open = Interlocked.Increment(ref connections);
        try
        {
            socket.NoDelay = true;
            await using var connection = new SmtpConnection(new NetworkStream(socket, ownsSocket: true), options.Value.SmtpIdleTimeout, clock);
            if (open > options.Value.MaxConnections)
            {
                // RFC 5321 §3.8 and §4.2.1.
                connection.Reply(new(421, "4.3.2", "Too many connections, try again later"));
                await connection.CloseAsync(patience: TimeSpan.FromSeconds(1));
                return;
            }

            await new SmtpSession(connection, options.Value, store, clock, logger).RunAsync(stopping);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            logger.LogDebug("An SMTP client went away: {Reason}", exception.Message);
        }
#pragma warning disable CA1031 // One broken session must not end the listener; it is a defect, so it is logged as one.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.LogError(exception, "An SMTP session failed.");
        }
        finally
        {
            Interlocked.Decrement(ref connections);
        }
    }
}
