using System.Net.Http.Json;
using System.Text.Json;

namespace PlatformSupport;

/// <summary>Reads what the platform has sent to people: the development inbox, asked as Mailpit is.</summary>
public sealed class InboxReader(Uri address) : IDisposable
{
    private readonly HttpClient client = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>The text of the newest message for somebody, waiting up to 30 s for it.</summary>
    /// <param name="query">As the inbox takes it: <c>to:"ada@example.org"</c>, <c>kind:push</c>.</param>
    public async Task<string> ReadAsync(string query)
    {
        var found = await client.GetFromJsonAsync<JsonElement>($"api/v1/search?query={Uri.EscapeDataString(query)}&wait=30");
        var message = found.GetProperty("messages").EnumerateArray().FirstOrDefault();
        if (message.ValueKind == JsonValueKind.Undefined)
        {
            throw new TimeoutException($"No message for {query} within 30 s.");
        }

        var whole = await client.GetFromJsonAsync<JsonElement>($"api/v1/message/{message.GetProperty("ID").GetString()}");
        return whole.GetProperty("Text").GetString()!;
    }

    public void Dispose() => client.Dispose();
}
