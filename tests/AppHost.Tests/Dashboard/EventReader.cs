using System.Text.Json;

namespace AppHost.Tests.Dashboard;

/// <summary>Reads server-sent events as a browser does.</summary>
internal sealed class EventReader : IDisposable
{
    /// <summary>An event that does not come is a failure and no hanging test run.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage answer;
    private readonly StreamReader reader;

    private EventReader(HttpResponseMessage answer, Stream stream)
    {
        this.answer = answer;
        reader = new StreamReader(stream);
    }

    public static async Task<EventReader> OpenAsync(HttpClient client, string path)
    {
        var opened = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", opened.Content.Headers.ContentType?.MediaType);
        return new EventReader(opened, await opened.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The next event of that name; others are passed over.</summary>
    public async Task<JsonElement> NextAsync(string name, Func<JsonElement, bool>? isWanted = null)
    {
        while (true)
        {
            var (found, data) = await NextAsync() ?? throw new EndOfStreamException($"The stream ended before '{name}'.");
            if (found == name && (isWanted is null || isWanted(data)))
            {
                return data;
            }
        }
    }

    /// <summary>Null at the end of the stream.</summary>
    public async Task<(string Name, JsonElement Data)?> NextAsync()
    {
        var name = "";
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        ending.CancelAfter(Patience);
        while (await reader.ReadLineAsync(ending.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return (name, JsonSerializer.Deserialize<JsonElement>(line["data: ".Length..]));
            }
        }

        return null;
    }

    public void Dispose()
    {
        reader.Dispose();
        answer.Dispose();
    }
}
