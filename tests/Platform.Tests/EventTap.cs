using System.Text.Json;
using RabbitMQ.Client;

namespace Platform.Tests;

/// <summary>A durable queue of the test's own on the exchange of one event: what a further consumer would get.</summary>
internal sealed class EventTap : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConnectionFactory factory;
    private readonly string queue = $"platform-tests-{Guid.NewGuid():N}";

    private EventTap(string broker) => factory = new ConnectionFactory { Uri = new Uri(broker), AutomaticRecoveryEnabled = false };

    public static async Task<EventTap> OnAsync<TEvent>(string broker)
    {
        var tap = new EventTap(broker);
        await using var connection = await tap.factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var exchange = $"{typeof(TEvent).Namespace}:{typeof(TEvent).Name}";
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        await channel.QueueDeclareAsync(tap.queue, durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync(tap.queue, exchange, routingKey: "");
        return tap;
    }

    /// <summary>
    /// Reads until every expected pairing has its event, then until the queue stays empty for a while, so that one too many shows.
    /// </summary>
    /// <returns>For each pairing id the message ids of its events; a message that was delivered twice counts once.</returns>
    public async Task<IReadOnlyDictionary<Guid, HashSet<Guid>>> ReadAsync(IReadOnlyCollection<Guid> expected)
    {
        var found = new Dictionary<Guid, HashSet<Guid>>();
        var deadline = DateTimeOffset.UtcNow + Patience;
        var emptyReads = 0;
        while (DateTimeOffset.UtcNow < deadline && emptyReads < 10)
        {
            foreach (var (jti, messageId) in await DrainAsync())
            {
                found.TryAdd(jti, []);
                found[jti].Add(messageId);
                emptyReads = 0;
            }

            emptyReads += expected.All(found.ContainsKey) ? 1 : 0;
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeleteAsync(queue);
    }

    private async Task<List<(Guid Jti, Guid MessageId)>> DrainAsync()
    {
        var messages = new List<(Guid, Guid)>();
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        while (await channel.BasicGetAsync(queue, autoAck: true) is { } delivery)
        {
            using var envelope = JsonDocument.Parse(delivery.Body);
            messages.Add((
                envelope.RootElement.GetProperty("message").GetProperty("jti").GetGuid(),
                envelope.RootElement.GetProperty("messageId").GetGuid()));
        }

        return messages;
    }
}
