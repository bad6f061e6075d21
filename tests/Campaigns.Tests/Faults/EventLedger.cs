using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Campaigns.Tests.Faults;

/// <summary>A durable queue on the exchange of one event, bound before the first request: what a further consumer would have got.</summary>
internal sealed class EventLedger
{
    /// <summary>No event in this time: there are none any more. The outboxes are empty when somebody reads, so all of them are in the queue.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly ConnectionFactory factory;
    private readonly string queue = $"campaign-{Guid.NewGuid():N}";
    private readonly string[] subject;

    private EventLedger(string broker, string[] subject)
    {
        factory = new ConnectionFactory { Uri = new Uri(broker), AutomaticRecoveryEnabled = false };
        this.subject = subject;
    }

    /// <param name="subject">The members of the event that say together what it is about; it happens once.</param>
    public static async Task<EventLedger> OpenAsync<TEvent>(string broker, params string[] subject)
    {
        var ledger = new EventLedger(broker, subject);
        await using var connection = await ledger.factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var exchange = $"{typeof(TEvent).Namespace}:{typeof(TEvent).Name}";
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        await channel.QueueDeclareAsync(ledger.queue, durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync(ledger.queue, exchange, routingKey: "");
        return ledger;
    }

    /// <summary>Reads until there is nothing more.</summary>
    /// <returns>For each subject the message ids of its events; what was delivered twice under one id counts once.</returns>
    public async Task<Dictionary<string, HashSet<Guid>>> ReadAsync()
    {
        var found = new Dictionary<string, HashSet<Guid>>(StringComparer.Ordinal);
        var last = DateTimeOffset.UtcNow;
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            using var envelope = JsonDocument.Parse(delivery.Body);
            var message = envelope.RootElement.GetProperty("message");
            lock (found)
            {
                last = DateTimeOffset.UtcNow;
                var about = string.Join('/', subject.Select(name => message.GetProperty(name).ToString()));
                found.TryAdd(about, []);
                found[about].Add(envelope.RootElement.GetProperty("messageId").GetGuid());
            }

            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        while (DateTimeOffset.UtcNow - last < Silence)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        return found;
    }
}
