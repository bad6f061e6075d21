using System.Text.Json;

namespace IdentityAuth.Sso;

/// <summary>What is known about the provider.</summary>
internal sealed record ProviderMetadata(string Issuer, string AuthorizationUrl, string TokenUrl, string? UserInfoUrl, string JwksUrl);

/// <summary>Fetches JSON documents from the provider, bounded in size and time.</summary>
internal sealed class ProviderDocuments(IHttpClientFactory clients)
{
    /// <summary>Name of the <see cref="HttpClient"/>, see <see cref="OutboundGuard"/>.</summary>
    public const string HttpClientName = "sso";

    /// <summary>The longest document that is read, in bytes.</summary>
    public const int MaximumSize = 256 * 1024;

    /// <summary>For one call (contract §7.3).</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>Sends a request and reads the answer.</summary>
    /// <returns>The status, and the body if it is a JSON object.</returns>
    /// <exception cref="HttpRequestException">The provider cannot be reached, or answers too much.</exception>
    /// <exception cref="TimeoutException">It takes too long.</exception>
    public async Task<(int Status, JsonElement? Body)> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            request.Headers.Accept.ParseAdd("application/json");
            using var response = await clients.CreateClient(HttpClientName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            var buffer = new byte[MaximumSize + 1];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, limit.Token);
            if (length > MaximumSize)
            {
                throw new HttpRequestException("The answer is too large.");
            }

            return ((int)response.StatusCode, Parse(buffer.AsMemory(0, length)));
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The provider did not answer in time.", exception);
        }
        catch (IOException exception)
        {
            throw new HttpRequestException("The answer broke off.", exception);
        }
    }

    /// <summary>Fetches a document.</summary>
    /// <returns><see langword="null"/> unless the answer is 200 with a JSON object.</returns>
    /// <exception cref="HttpRequestException">As <see cref="SendAsync"/>.</exception>
    /// <exception cref="TimeoutException">As <see cref="SendAsync"/>.</exception>
    public async Task<JsonElement?> GetAsync(string url, string? accessToken, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (accessToken is not null)
        {
            request.Headers.Authorization = new("Bearer", accessToken);
        }

        var (status, body) = await SendAsync(request, cancellationToken);
        return status == StatusCodes.Status200OK ? body : null;
    }

    private static JsonElement? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Reading members of the provider's documents.</summary>
internal static class ProviderJson
{
    /// <summary>A text member that is not empty.</summary>
    public static string? Text(this JsonElement json, string name)
    {
        try
        {
            return json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return null;
        }
    }

    /// <summary>Whether a member is true; some providers send the word.</summary>
    public static bool IsTrue(this JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && (value.ValueKind == JsonValueKind.True || json.Text(name) == "true");
}
