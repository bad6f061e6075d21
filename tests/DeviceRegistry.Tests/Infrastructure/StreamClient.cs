using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>An event of a stream, as it arrived.</summary>
/// <param name="Id">Its <c>id</c>, if it has one.</param>
/// <param name="Name">Its <c>event</c>.</param>
/// <param name="Data">Member <c>data</c> of its data.</param>
public sealed record TestEvent(string? Id, string Name, JsonElement Data);

/// <summary>A client of the event stream. Reads as WHATWG HTML §9.2 says, and checks each frame's shape on the way.</summary>
public sealed class StreamClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly StreamReader _reader;

    private StreamClient(HttpResponseMessage response, Stream body)
    {
        Response = response;
        _reader = new StreamReader(body, Encoding.UTF8);
    }

    public HttpResponseMessage Response { get; }

    /// <summary>Comments that were read so far.</summary>
    public int Pings { get; private set; }

    /// <summary>The id of the last event that had one.</summary>
    public string? LastId { get; private set; }

    /// <summary>The reconnection time that the stream asked for, in ms.</summary>
    public int? Retry { get; private set; }

    /// <summary>Asks for a stream, whatever the answer.</summary>
    public static async Task<HttpResponseMessage> SendAsync(
        TestUser user, TestGroup group, Guid? deviceId = null, string? lastEventId = null, HttpClient? client = null, string? query = null, int lifetime = 3600)
    {
        query ??= deviceId is null ? "" : $"?deviceId={deviceId}";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{group.Realm}/devices/events{query}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", user.Token(lifetime));
        request.Headers.Accept.ParseAdd("application/json, text/plain, */*");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return await (client ?? user.App.Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
    }

    /// <summary>Opens a stream and reads <c>connected</c>.</summary>
    public static async Task<StreamClient> OpenAsync(
        TestUser user, TestGroup group, Guid? deviceId = null, string? lastEventId = null, HttpClient? client = null, string? query = null, int lifetime = 3600)
    {
        var response = await SendAsync(user, group, deviceId, lastEventId, client, query, lifetime);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            Assert.Fail($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }

        var stream = new StreamClient(response, await response.Content.ReadAsStreamAsync());
        var connected = await stream.NextAsync();
        Assert.Equal(("connected", null), (connected.Name, connected.Id));
        stream.Connected = connected.Data;
        return stream;
    }

    /// <summary>The data of <c>connected</c>.</summary>
    public JsonElement Connected { get; private set; }

    /// <summary>The next event.</summary>
    public async Task<TestEvent> NextAsync()
        => await TryNextAsync().WaitAsync(Patience) ?? throw new InvalidOperationException("The stream has ended.");

    /// <summary>The next event of that name; others are passed over.</summary>
    public async Task<TestEvent> NextAsync(string name)
    {
        while (true)
        {
            if (await NextAsync() is var one && one.Name == name)
            {
                return one;
            }
        }
    }

    /// <summary>Reads one line that has to be a ping.</summary>
    public async Task NextPingAsync()
    {
        var before = Pings;
        while (Pings == before)
        {
            await ReadLineAsync().WaitAsync(Patience);
        }
    }

    /// <summary>What comes until the stream ends; its reason is the last.</summary>
    public async Task<IReadOnlyList<TestEvent>> RestAsync()
    {
        var rest = new List<TestEvent>();
        while (await TryNextAsync().WaitAsync(Patience) is { } one)
        {
            rest.Add(one);
        }

        return rest;
    }

    /// <summary>Reads to the end, which has to have a reason.</summary>
    public async Task<string> EndAsync()
    {
        var last = (await RestAsync())[^1];
        Assert.Equal("stream_closed", last.Name);
        Assert.Null(last.Id);
        return last.Data.Text("reason");
    }

    public ValueTask DisposeAsync()
    {
        Response.Dispose();
        _reader.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<TestEvent?> TryNextAsync()
    {
        string? id = null, name = null, data = null;
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null)
                {
                    return Take(id, name!, data);
                }
            }
            else if (line.StartsWith("retry: ", StringComparison.Ordinal))
            {
                Retry = int.Parse(line[7..], System.Globalization.CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line[4..];
            }
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line[7..];
            }
            else if (line[0] != ':')
            {
                Assert.StartsWith("data: ", line, StringComparison.Ordinal);
                Assert.Null(data); // one JSON line per event
                data = line[6..];
            }
        }

        Assert.Null(data); // no half event at the end
        return null;
    }

    private TestEvent Take(string? id, string name, string data)
    {
        var envelope = JsonDocument.Parse(data).RootElement;
        Assert.Equal(["data", "event"], envelope.Names());
        Assert.Equal(name, envelope.Text("event"));
        LastId = id ?? LastId;
        return new TestEvent(id, name, envelope.GetProperty("data"));
    }

    private async Task<string?> ReadLineAsync()
    {
        string? line;
        try
        {
            line = await _reader.ReadLineAsync();
        }
        catch (IOException)
        {
            return null; // cut
        }

        if (line is [':', ..])
        {
            Assert.Equal(": ping", line);
            Pings++;
        }

        return line;
    }
}
