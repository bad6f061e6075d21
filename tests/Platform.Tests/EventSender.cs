using System.Text.Json;
using RabbitMQ.Client;

namespace Platform.Tests;

/// <summary>Publishes an event as the service that it belongs to does: MassTransit's envelope, on the exchange of the type.</summary>
internal static class EventSender
{
    public static async Task PublishAsync<TEvent>(string broker, TEvent message, Guid? messageId = null)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        var name = $"{typeof(TEvent).Namespace}:{typeof(TEvent).Name}";
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new { messageId = messageId ?? Guid.NewGuid(), messageType = new[] { $"urn:message:{name}" }, message }, JsonSerializerOptions.Web);

        // Mandatory: a message that no queue takes is a failure here, not a silence.
        await channel.BasicPublishAsync(name, routingKey: "", mandatory: true, new BasicProperties { ContentType = "application/vnd.masstransit+json", Persistent = true }, body);
    }
}
