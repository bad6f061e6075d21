using System.Net.Http.Json;
using System.Text.Json;

namespace PhoneSimulator;

/// <summary>Sends JSON to the gateway and turns every refusal into a <see cref="GatewayRefusalException"/>.</summary>
internal static class GatewayClient
{
    /// <returns>The answer's body, undefined for 204.</returns>
    /// <exception cref="GatewayRefusalException">The answer is not 2xx, or 2xx without JSON.</exception>
    /// <exception cref="HttpRequestException">No answer.</exception>
    public static async Task<JsonElement> SendJsonAsync(
        this HttpClient gateway, HttpMethod method, string path, (string Name, string Value) credential, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (credential.Name.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(credential.Name, credential.Value);
        }

        using var response = await gateway.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var json = Parse(text);
        if (response.IsSuccessStatusCode && (json is not null || text.Length == 0))
        {
            return json ?? default;
        }

        var error = json is { ValueKind: JsonValueKind.Object } problem && problem.TryGetProperty("error", out var code) && code.ValueKind == JsonValueKind.String ? code.GetString()! : "";
        throw new GatewayRefusalException(response.StatusCode, error, $"{method} {path} was answered with {(int)response.StatusCode} {(error.Length > 0 ? error : response.ReasonPhrase)}.");
    }

    private static JsonElement? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
