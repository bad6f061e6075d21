using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PhoneSimulator;

/// <summary>Writes every request and its answer. Long texts (tokens, keys, signatures) are cut; API keys in headers show their beginning only.</summary>
internal sealed class HttpTranscript(TextWriter output) : DelegatingHandler(new SocketsHttpHandler())
{
    private const int MaxTextLength = 48;

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"   {request.Method} {request.RequestUri}");
        foreach (var (name, values) in request.Headers)
        {
            await output.WriteLineAsync($"   {name}: {Cut(string.Join(", ", values), keep: name == "Authorization" ? 24 : 8)}");
        }

        if (request.Content is not null)
        {
            await output.WriteLineAsync($"   {Shorten(await request.Content.ReadAsStringAsync(cancellationToken))}");
        }

        var response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        await output.WriteLineAsync($"   → {(int)response.StatusCode} {response.ReasonPhrase}");
        if (await response.Content.ReadAsStringAsync(cancellationToken) is { Length: > 0 } body)
        {
            await output.WriteLineAsync($"   {Shorten(body)}");
        }

        await output.WriteLineAsync();
        return response;
    }

    private static string Shorten(string body)
    {
        try
        {
            return Shorten(JsonNode.Parse(body))?.ToJsonString(Compact) ?? "null";
        }
        catch (JsonException)
        {
            return Cut(body, keep: 200);
        }
    }

    private static JsonNode? Shorten(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                return new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Shorten(member.Value))));
            case JsonArray items:
                return new JsonArray([.. items.Select(Shorten)]);
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                var text = value.GetValue<string>();
                return text.Length > MaxTextLength ? Cut(text, keep: 24) : text;
            default:
                return node?.DeepClone();
        }
    }

    private static string Cut(string text, int keep) => text.Length <= keep ? text : $"{text[..keep]}… ({text.Length} characters)";
}
