using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Campaigns.Tests.Faults.Loads;

/// <summary>An answer as a client knows it.</summary>
/// <param name="Status">0: there was none.</param>
/// <param name="Body">Undefined where there is no JSON.</param>
internal readonly record struct Reply(int Status, JsonElement Body)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>A 5xx or no answer: it may have happened or not.</summary>
    public bool IsUnknown => Status is 0 or >= 500;

    /// <summary>A limit, not the request, is the reason.</summary>
    public bool IsLimited => Status == (int)HttpStatusCode.TooManyRequests;

    /// <summary>The error's code in the words of its API: that of the first field, where it is about fields.</summary>
    public string Code
        => Body.ValueKind != JsonValueKind.Object ? ""
            : Body.TryGetProperty("errors", out var fields) && fields.ValueKind == JsonValueKind.Array && fields.GetArrayLength() > 0 ? fields[0].GetProperty("code").GetString()!
            : Body.TryGetProperty("code", out var code) ? code.GetString()!
            : Body.TryGetProperty("error", out var error) ? error.ToString() : "";

    public string Text(string name) => Body.GetProperty(name).GetString()!;

    public override string ToString() => $"{Status} {Code}";
}

/// <summary>JSON over HTTP for loads and stories: nothing throws, and what is not known is said.</summary>
internal static class JsonCalls
{
    private const int Attempts = 25;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <param name="token">The value of <c>Authorization</c>.</param>
    public static async Task<Reply> CallAsync(
        this HttpClient client, HttpMethod method, string path, object? body = null, string? token = null, (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token);
        }

        if (header is { } more)
        {
            request.Headers.TryAddWithoutValidation(more.Name, more.Value);
        }

        try
        {
            using var answer = await client.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            return new Reply((int)answer.StatusCode, text.StartsWith('{') || text.StartsWith('[') ? JsonDocument.Parse(text).RootElement : default);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return new Reply(0, default);
        }
    }

    /// <summary>Asks again while it is not known what happened, or a limit says to wait.</summary>
    /// <returns>The last answer, and whether an earlier one was not known: then a refusal may mean that it has happened.</returns>
    public static async Task<(Reply Reply, bool WasUnknown)> InsistAsync(Func<Task<Reply>> call, int attempts = Attempts)
    {
        var wasUnknown = false;
        for (var attempt = 1; ; attempt++)
        {
            var reply = await call();
            if (attempt == attempts || !(reply.IsUnknown || reply.IsLimited))
            {
                return (reply, wasUnknown);
            }

            wasUnknown |= reply.IsUnknown;
            await Task.Delay(Pause);
        }
    }
}
