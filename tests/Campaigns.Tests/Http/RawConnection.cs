using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Campaigns.Tests.Http;

/// <summary>
/// HTTP/1.1 by hand (RFC 9112), from a loopback address of the caller's choice: a client library would refuse to send most of what
/// these tests send.
/// </summary>
internal sealed class RawConnection : IDisposable
{
    private const int MaxHead = 64 * 1024;

    private readonly Socket socket;
    private readonly string host;
    private byte[] received = new byte[16 * 1024];
    private int start;
    private int end;

    private RawConnection(Socket socket, string host)
    {
        this.socket = socket;
        this.host = host;
    }

    /// <summary>Whether another request may be sent.</summary>
    public bool IsOpen { get; private set; } = true;

    public static async Task<RawConnection> OpenAsync(Uri server, IPAddress from)
    {
        var connection = new RawConnection(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }, server.Authority);
        try
        {
            connection.socket.Bind(new IPEndPoint(from, 0));
            await connection.socket.ConnectAsync(IPAddress.Loopback, server.Port);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <returns>The answer; <see langword="null"/> when the connection ended without one.</returns>
    /// <exception cref="TimeoutException">There was no whole answer within the limit.</exception>
    public async Task<RawAnswer?> SendAsync(RawRequest request, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        var sending = SendBytesAsync(request, timeout.Token);
        try
        {
            var answer = await ReadAsync(request.Method == "HEAD", timeout.Token);

            // What the server did not read is still on its way, and would be taken for the next request.
            IsOpen = answer is { ConnectionEnds: false } && sending.IsCompletedSuccessfully && request.ClaimedLength is null;
            return answer;
        }
        catch (OperationCanceledException exception)
        {
            IsOpen = false;
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"No answer within {limit.TotalSeconds} s."), exception);
        }
        catch (SocketException)
        {
            IsOpen = false;
            return null;
        }
        finally
        {
            if (!IsOpen)
            {
                socket.Dispose();
            }

            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task SendBytesAsync(RawRequest request, CancellationToken cancellationToken)
    {
        var head = new StringBuilder().Append(request.Method).Append(' ').Append(request.Target).Append(" HTTP/1.1\r\n");
        if (!request.Headers.Any(header => header.Name.Equals("Host", StringComparison.OrdinalIgnoreCase)))
        {
            head.Append("Host: ").Append(host).Append("\r\n");
        }

        foreach (var (name, value) in request.Headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (request.Chunked)
        {
            head.Append("Transfer-Encoding: chunked\r\n");
        }
        else if (request.Body is not null || request.ClaimedLength is not null)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {request.ClaimedLength ?? request.Body!.Length}\r\n");
        }

        await SendAsync(Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), cancellationToken);
        if (request.Body is not { Length: > 0 } body)
        {
            if (request.Chunked)
            {
                await SendAsync("0\r\n\r\n"u8.ToArray(), cancellationToken);
            }
        }
        else if (request.Chunked)
        {
            await SendAsync(Encoding.ASCII.GetBytes(body.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), cancellationToken);
            await SendAsync(body, cancellationToken);
            await SendAsync("\r\n0\r\n\r\n"u8.ToArray(), cancellationToken);
        }
        else
        {
            await SendAsync(body, cancellationToken);
        }

        if (request.ClaimedLength > (request.Body?.Length ?? 0))
        {
            socket.Shutdown(SocketShutdown.Send); // what was promised does not come
        }
    }

    private async Task SendAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), cancellationToken);
        }
    }

    private async Task<RawAnswer?> ReadAsync(bool toHead, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await ReadHeadAsync(cancellationToken) is not { } head)
            {
                return null;
            }

            var lines = head.Split("\r\n");
            var status = int.Parse(lines[0].Split(' ')[1], NumberStyles.None, CultureInfo.InvariantCulture);
            if (status is >= 100 and < 200)
            {
                continue;
            }

            var headers = lines.Skip(1).Select(line => line.Split(':', 2)).Select(parts => (parts[0], parts[1].Trim())).ToList();
            var answer = new RawAnswer(status, headers, [], ConnectionEnds: false);
            if (toHead || status is 204 or 304)
            {
                return answer with { ConnectionEnds = Closes(answer) };
            }

            if (answer.MediaType == "text/event-stream")
            {
                return answer with { ConnectionEnds = true }; // has no end; the head is the answer
            }

            return answer with { Body = await ReadBodyAsync(answer, cancellationToken), ConnectionEnds = Closes(answer) || !HasLength(answer) };
        }
    }

    private static bool Closes(RawAnswer answer) => answer.All("Connection").Any(value => value.Equals("close", StringComparison.OrdinalIgnoreCase));

    private static bool IsChunked(RawAnswer answer) => answer.All("Transfer-Encoding").Any(value => value.Equals("chunked", StringComparison.OrdinalIgnoreCase));

    private static bool HasLength(RawAnswer answer) => IsChunked(answer) || answer.All("Content-Length").Count == 1;

    private async Task<string?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = received.AsSpan(start, end - start).IndexOf("\r\n\r\n"u8);
            if (length >= 0)
            {
                var head = Encoding.Latin1.GetString(received, start, length);
                start += length + 4;
                return head;
            }

            if (end - start > MaxHead)
            {
                throw new InvalidDataException("The head of the answer does not end.");
            }

            if (!await FillAsync(cancellationToken))
            {
                return null;
            }
        }
    }

    private async Task<byte[]> ReadBodyAsync(RawAnswer answer, CancellationToken cancellationToken)
    {
        if (IsChunked(answer))
        {
            using var body = new MemoryStream();
            while (true)
            {
                var size = int.Parse((await ReadLineAsync(cancellationToken)).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                body.Write(await ReadExactlyAsync(size, cancellationToken));
                await ReadLineAsync(cancellationToken);
                if (size == 0)
                {
                    return body.ToArray();
                }
            }
        }

        if (answer.All("Content-Length") is [var length])
        {
            return await ReadExactlyAsync(int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture), cancellationToken);
        }

        while (await FillAsync(cancellationToken))
        {
            // Until the server ends the connection.
        }

        return await ReadExactlyAsync(end - start, cancellationToken);
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = received.AsSpan(start, end - start).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                var line = Encoding.Latin1.GetString(received, start, length);
                start += length + 2;
                return line;
            }

            await FillOrFailAsync(cancellationToken);
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int count, CancellationToken cancellationToken)
    {
        while (end - start < count)
        {
            await FillOrFailAsync(cancellationToken);
        }

        var bytes = received.AsSpan(start, count).ToArray();
        start += count;
        return bytes;
    }

    private async Task FillOrFailAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(cancellationToken))
        {
            throw new InvalidDataException("The answer breaks off.");
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (start == end)
        {
            start = end = 0;
        }
        else if (end == received.Length)
        {
            var bytes = received.AsSpan(start, end - start).ToArray();
            received = new byte[Math.Max(received.Length, bytes.Length * 2)];
            bytes.CopyTo(received, 0);
            (start, end) = (0, bytes.Length);
        }

        var count = await socket.ReceiveAsync(received.AsMemory(end), cancellationToken);
        end += count;
        return count > 0;
    }
}
