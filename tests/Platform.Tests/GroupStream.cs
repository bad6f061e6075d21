using System.Text.Json;

namespace Platform.Tests;

/// <summary>A group's event stream, as it comes out of the gateway.</summary>
internal sealed class GroupStream(HttpResponseMessage response, Stream body) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly StreamReader reader = new(body);

    public HttpResponseMessage Response => response;

    /// <summary>The id of the last event that had one.</summary>
    public string? LastId { get; private set; }

    /// <summary>Reads until an event of that name.</summary>
    /// <returns>Its data.</returns>
    public async Task<JsonElement> NextAsync(string name)
    {
        while (true)
        {
            if (await NextAsync() is not { } next)
            {
                throw new InvalidOperationException($"The stream ended before {name}.");
            }

            if (next.Name == name)
            {
                return next.Data;
            }
        }
    }

    /// <summary>The next event; <see langword="null"/> when the stream has ended.</summary>
    public Task<(string Name, JsonElement Data)?> NextAsync() => ReadAsync().WaitAsync(Patience);

    /// <summary>Reads until a ping; nothing else may come before it.</summary>
    public async Task NextPingAsync()
    {
        while (await reader.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (line.Length > 0)
            {
                Assert.Equal(": ping", line);
                return;
            }
        }

        Assert.Fail("The stream ended before a ping.");
    }

    public ValueTask DisposeAsync()
    {
        response.Dispose();
        reader.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<(string Name, JsonElement Data)?> ReadAsync()
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    LastId = line[4..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    var envelope = JsonDocument.Parse(line[6..]).RootElement;
                    return (envelope.GetProperty("event").GetString()!, envelope.GetProperty("data"));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            // Cut off.
        }

        return null;
    }
}
