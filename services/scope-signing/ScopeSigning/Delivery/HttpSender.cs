using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using ScopeSigning.Domain;

namespace ScopeSigning.Delivery;

internal enum HandOver
{
    Taken,

    /// <summary>404 or 410: the provider does not know the recipient (any more).</summary>
    RecipientGone,
}

/// <summary>
/// Posts a message to a provider of the settings. No redirects, no proxy, no retry of its own (the queue retries), and the
/// message's id as <c>Idempotency-Key</c>, so that a repetition after a crash can be told.
/// </summary>
internal sealed class HttpSender : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Plus signs and letters as they are: the body is JSON for a machine, never part of a page.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly DeliveryOptions delivery;
    private readonly HttpClient client;

    public HttpSender(IOptions<ScopeSigningOptions> options)
    {
        delivery = options.Value.Delivery;
        client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = 64 * 1024,
        };
    }

    public Task<HandOver> SendToPhoneAsync(Guid id, DeliveryContent content, DateTimeOffset expires, CancellationToken cancellationToken)
        => PostAsync(delivery.PhoneUrl, id, new
        {
            id,
            content.Kind,
            content.Channel,
            to = content.Phone,
            content.Code,
            text = TextOf(content),
            expires = Rfc3339(expires),
        }, cancellationToken);

    public Task<HandOver> SendLetterAsync(Guid id, DeliveryContent content, DateTimeOffset expires, CancellationToken cancellationToken)
        => PostAsync(delivery.LetterUrl, id, new
        {
            id,
            content.Kind,
            content.Channel,
            to = content.Address,
            content.Code,
            expires = Rfc3339(expires),
        }, cancellationToken);

    public Task<HandOver> SendPushAsync(Guid id, DeliveryContent content, DateTimeOffset expires, CancellationToken cancellationToken)
        => PostAsync(delivery.PushUrl, id, new
        {
            id,
            content.Kind,
            devtoken = content.DeviceToken,
            content.Callback,
            iss = content.Issuer,
            iat = content.IssuedAt,
            exp = expires.ToUnixTimeSeconds(),
        }, cancellationToken);

    public Task<HandOver> SendToTestSinkAsync(Guid id, DeliveryContent content, DateTimeOffset expires, CancellationToken cancellationToken)
        => PostAsync(delivery.TestSinkUrl, id, new
        {
            id,
            content.Kind,
            content.Channel,
            to = (object?)content.Address ?? content.Email ?? content.Phone,
            content.Code,
            content.Link,
            expires = Rfc3339(expires),
        }, cancellationToken);

    public void Dispose() => client.Dispose();

    private async Task<HandOver> PostAsync<T>(string? url, Guid id, T message, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url ?? throw new DeliveryException("No provider is set for this message."))
        {
            Content = JsonContent.Create(message, options: Json),
        };
        request.Headers.Add("Idempotency-Key", id.ToString());
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return HandOver.Taken;
            }

            return response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone
                ? HandOver.RecipientGone
                : throw new DeliveryException($"The provider answered {(int)response.StatusCode}.") { IsFinal = IsFinal(response.StatusCode) };
        }
        catch (HttpRequestException exception)
        {
            throw new DeliveryException("The provider could not be reached.", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DeliveryException("The provider did not answer in time.", exception);
        }
    }

    /// <summary>RFC 9110 §15.5: the request is wrong, and stays wrong; but for "too slow" and "too many", which pass.</summary>
    private static bool IsFinal(HttpStatusCode status)
        => (int)status is >= 400 and < 500 && status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);

    /// <summary>Spoken, each digit by itself: "123456" would be read as a number.</summary>
    private static string TextOf(DeliveryContent content) => content.Channel == Channel.Tts
        ? $"Your confirmation code is {string.Join(", ", content.Code!.ToCharArray())}. Once more: {string.Join(", ", content.Code!.ToCharArray())}."
        : $"Your confirmation code is {content.Code}. If you did not ask for it, do nothing.";

    private static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
