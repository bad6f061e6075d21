using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using IdentityAuth.Data;
using IdentityAuth.Delivery.Texts;

namespace IdentityAuth.Delivery;

/// <summary>Posts text messages to the provider of the settings as JSON, with the message's id as <c>Idempotency-Key</c>.</summary>
internal sealed class SmsSender(IHttpClientFactory clients, IdentityAuthOptions options) : IDeliverySender
{
    /// <summary>Name of the <see cref="HttpClient"/>: no redirects, so that codes go where it was configured.</summary>
    public const string HttpClientName = "sms";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        // A plus sign stays one: the body is JSON for a machine, never part of a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string Channel => Deliveries.Sms;

    public async Task SendAsync(Guid id, DeliveryContent content, CancellationToken cancellationToken)
    {
        if (await PostAsync(id, content, cancellationToken) is { } refusal)
        {
            throw new DeliveryException($"The provider answered {(int)refusal}.");
        }
    }

    /// <summary>Hands a message over at once.</summary>
    /// <returns>Whether the provider says that nothing can be sent to this number; <see langword="false"/> if it took the message.</returns>
    /// <exception cref="DeliveryException">It did neither.</exception>
    public async Task<bool> IsRefusedAsync(Guid id, DeliveryContent content, CancellationToken cancellationToken)
        => await PostAsync(id, content, cancellationToken) switch
        {
            null => false,
            HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.UnprocessableEntity => true,
            { } status => throw new DeliveryException($"The provider answered {(int)status}."),
        };

    private async Task<HttpStatusCode?> PostAsync(Guid id, DeliveryContent content, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Sms.Url)
        {
            Content = JsonContent.Create(
                new { id, channel = "sms", content.Kind, to = content.To, content.Code, text = TextOf(content) }, options: Json),
        };
        request.Headers.Add("Idempotency-Key", id.ToString());
        try
        {
            using var response = await clients.CreateClient(HttpClientName).SendAsync(request, limit.Token);
            return response.IsSuccessStatusCode ? null : response.StatusCode;
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

    private static string TextOf(DeliveryContent content) => MessageTexts.Of(content.Locale).Sms(content.Code!, SmsCodes.Lifetime.TotalMinutes);
}
