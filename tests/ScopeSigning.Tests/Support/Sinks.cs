using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ScopeSigning.Tests.Support;

/// <summary>A message that a sink received.</summary>
/// <param name="Way"><c>mail</c>, or the path that it was posted to.</param>
/// <param name="Key">The Message-ID or the Idempotency-Key.</param>
internal sealed record Received(string Way, string To, string Key, string Text)
{
    /// <summary>The JSON that was posted.</summary>
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>The code in it.</summary>
    public string Code => Way == "mail" ? LineOf("Code: ") : Json.GetProperty("code").GetString()!;

    public string Link => Way == "mail" ? LineOf("Link: ") : Json.GetProperty("link").GetString()!;

    private string LineOf(string label) => Text.Split("\r\n").Single(line => line.StartsWith(label, StringComparison.Ordinal))[label.Length..];
}

/// <summary>A mail server and the providers of text messages, letters and pushes, all in one: they keep what they get.</summary>
internal sealed class Sinks : IAsyncDisposable
{
    /// <summary>In place of a status: the connection breaks.</summary>
    public const int HangUp = 0;

    private readonly TcpListener smtp = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentQueue<Received> received = new();
    private WebApplication? web;

    /// <summary>Answers instead of 200, by recipient: a status, after whatever the test does first.</summary>
    public ConcurrentDictionary<string, Func<Task<int>>> Behaviour { get; } = new(StringComparer.Ordinal);

    public int SmtpPort => ((IPEndPoint)smtp.LocalEndpoint).Port;

    public string Url { get; private set; } = "";

    public async Task StartAsync()
    {
        smtp.Start();
        _ = AcceptAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        web = builder.Build();
        web.Urls.Add("http://127.0.0.1:0");
        web.MapPost("/{way}", async (string way, HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var text = await reader.ReadToEndAsync();
            var json = JsonDocument.Parse(text).RootElement;
            var to = json.TryGetProperty("to", out var target) ? target.ToString() : json.GetProperty("devtoken").GetString()!;
            received.Enqueue(new Received(way, to, context.Request.Headers["Idempotency-Key"].ToString(), text));
            var status = Behaviour.TryGetValue(to, out var behave) ? await behave() : 200;
            if (status == HangUp)
            {
                context.Abort();
                return;
            }

            context.Response.StatusCode = status;
        });
        await web.StartAsync();
        Url = web.Urls.First();
    }

    /// <summary>Everything that came for a recipient so far.</summary>
    public IReadOnlyList<Received> For(string recipient) => [.. received.Where(message => message.To == recipient)];

    public Received? Find(Func<Received, bool> condition) => received.FirstOrDefault(condition);

    /// <summary>Waits for the n-th message for a recipient.</summary>
    public async Task<Received> WaitForAsync(string recipient, int number = 1)
        => await Eventually.AsyncNotNull(() => Task.FromResult(For(recipient).ElementAtOrDefault(number - 1)), $"message {number} for {recipient}");

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        smtp.Stop();
        if (web is not null)
        {
            await web.DisposeAsync();
        }

        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await smtp.AcceptTcpClientAsync(stopping.Token));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    /// <summary>RFC 5321, as much as a client that sends one mail needs.</summary>
    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        await using var writer = new StreamWriter(client.GetStream(), new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        var to = "";
        try
        {
            await writer.WriteLineAsync("220 sink");
            while (await reader.ReadLineAsync(stopping.Token) is { } line)
            {
                var verb = line.Split(' ', ':')[0].ToUpperInvariant();
                switch (verb)
                {
                    case "EHLO":
                        await writer.WriteAsync("250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n");
                        break;
                    case "RCPT":
                        to = line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)];
                        await writer.WriteLineAsync("250 ok");
                        break;
                    case "DATA":
                        await writer.WriteLineAsync("354 go on");
                        var text = new StringBuilder();
                        while (await reader.ReadLineAsync(stopping.Token) is { } content && content != ".")
                        {
                            text.Append(content.StartsWith("..", StringComparison.Ordinal) ? content[1..] : content).Append("\r\n");
                        }

                        var mail = text.ToString();
                        var id = mail.Split("\r\n").First(header => header.StartsWith("Message-ID:", StringComparison.OrdinalIgnoreCase))["Message-ID:".Length..].Trim();
                        received.Enqueue(new Received("mail", to, id, mail));
                        var status = Behaviour.TryGetValue(to, out var behave) ? await behave() : 250;
                        await writer.WriteLineAsync($"{status} done");
                        break;
                    case "QUIT":
                        await writer.WriteLineAsync("221 bye");
                        return;
                    default:
                        await writer.WriteLineAsync("250 ok");
                        break;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client went away.
        }
    }
}
