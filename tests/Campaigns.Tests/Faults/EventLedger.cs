using System.Text.Json;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Campaigns.Tests.Faults;

/// <summary>A durable queue on the exchange of one event, bound before the first request: what a further consumer would have got.</summary>
internal sealed class EventLedger
{
    /// <summary>For the next event of those that wait in the queue.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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

    /// <summary>Reads what waits in the queue: the outboxes are empty when somebody reads, so everything is there.</summary>
    /// <returns>For each subject the message ids of its events; what was delivered twice under one id counts once.</returns>
    /// <exception cref="TimeoutException">The broker counts more than it delivers.</exception>
    public async Task<Dictionary<string, HashSet<Guid>>> ReadAsync()
    {
        var found = new Dictionary<string, HashSet<Guid>>(StringComparer.Ordinal);
        var deliveries = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var waiting = (await channel.QueueDeclarePassiveAsync(queue)).MessageCount;
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) => await deliveries.Writer.WriteAsync(delivery.Body.ToArray());
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        for (; waiting > 0; waiting--)
        {
            using var envelope = JsonDocument.Parse(await deliveries.Reader.ReadAsync().AsTask().WaitAsync(Machine.Stretch(Patience)));
            var message = envelope.RootElement.GetProperty("message");
            var about = string.Join('/', subject.Select(name => message.GetProperty(name).ToString()));
            found.TryAdd(about, []);
            found[about].Add(envelope.RootElement.GetProperty("messageId").GetGuid());
        }

        return found;
    }
}
