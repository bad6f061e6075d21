using System.Net.Sockets;
using System.Text;

namespace Inbox.Tests;

/// <summary>An SMTP client that sends exactly the octets it is given.</summary>
public sealed class SmtpClientConnection : IAsyncDisposable
{
    private readonly TcpClient client;
    private readonly StreamReader reader;

    private SmtpClientConnection(TcpClient client)
    {
        this.client = client;
        reader = new StreamReader(client.GetStream(), Encoding.ASCII);
    }

    public static async Task<SmtpClientConnection> OpenAsync(int port)
    {
        var connected = new TcpClient { NoDelay = true };
        await connected.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
        return new(connected);
    }

    /// <summary>Opens, takes the greeting and says EHLO.</summary>
    public static async Task<SmtpClientConnection> GreetAsync(int port)
    {
        var connection = await OpenAsync(port);
        Assert.StartsWith("220 ", await connection.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250-", await connection.SendAsync("EHLO client.example"), StringComparison.Ordinal);
        return connection;
    }

    /// <summary>Sends a command line with its CRLF and returns the reply, lines joined by LF.</summary>
    public async Task<string> SendAsync(string command)
    {
        await WriteAsync(command + "\r\n");
        return await ReadReplyAsync();
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    public async Task WriteAsync(byte[] octets) => await client.GetStream().WriteAsync(octets, TestContext.Current.CancellationToken);

    /// <summary>One reply of one or more lines; empty when the server has closed.</summary>
    public async Task<string> ReadReplyAsync()
    {
        var lines = new List<string>();
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Limit) is { } line)
        {
            lines.Add(line);
            if (line.Length < 4 || line[3] != '-')
            {
                break;
            }
        }

        return string.Join('\n', lines);
    }

    /// <summary>Sends a whole mail; <paramref name="data"/> without its end. Returns the reply to the end of the data.</summary>
    public async Task<string> SendMailAsync(string data, string from = "sender@example.org", params string[] to)
    {
        Assert.StartsWith("250 ", await SendAsync($"MAIL FROM:<{from}>"), StringComparison.Ordinal);
        foreach (var recipient in to.DefaultIfEmpty("ada@example.org"))
        {
            Assert.StartsWith("250 ", await SendAsync($"RCPT TO:<{recipient}>"), StringComparison.Ordinal);
        }

        Assert.StartsWith("354 ", await SendAsync("DATA"), StringComparison.Ordinal);
        return await SendAsync(data + "\r\n.");
    }

    /// <summary>Tells the server that nothing more will come, and keeps on listening.</summary>
    public void EndSending() => client.Client.Shutdown(SocketShutdown.Send);

    public ValueTask DisposeAsync()
    {
        reader.Dispose();
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
