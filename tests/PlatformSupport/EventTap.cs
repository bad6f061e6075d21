using System.Text.Json;
using RabbitMQ.Client;

namespace PlatformSupport;

/// <summary>A durable queue of the test's own on the exchange of one event: what a further consumer would get.</summary>
public sealed class EventTap : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConnectionFactory factory;
    private readonly string queue = $"platform-tests-{Guid.NewGuid():N}";
    private readonly string subject;

    private EventTap(string broker, string subject)
    {
        factory = new ConnectionFactory { Uri = new Uri(broker), AutomaticRecoveryEnabled = false };
        this.subject = subject;
    }

    /// <param name="subject">The member of the event that says whom it is about.</param>
    public static async Task<EventTap> OnAsync<TEvent>(string broker, string subject = "jti")
    {
        var tap = new EventTap(broker, subject);
        await using var connection = await tap.factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var exchange = $"{typeof(TEvent).Namespace}:{typeof(TEvent).Name}";
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        await channel.QueueDeclareAsync(tap.queue, durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync(tap.queue, exchange, routingKey: "");
        return tap;
    }

    /// <summary>
    /// Reads until every expected subject has its event, then until none of theirs has come for a while, so that one too many shows.
    /// </summary>
    /// <returns>For each subject the message ids of its events; a message that was delivered twice counts once.</returns>
    public async Task<IReadOnlyDictionary<string, HashSet<Guid>>> ReadAsync(IReadOnlyCollection<string> expected)
    {
        var found = new Dictionary<string, HashSet<Guid>>(StringComparer.Ordinal);
        var deadline = DateTimeOffset.UtcNow + Patience;
        var emptyReads = 0;
        while (DateTimeOffset.UtcNow < deadline && emptyReads < 10)
        {
            foreach (var (about, messageId) in await DrainAsync())
            {
                found.TryAdd(about, []);
                found[about].Add(messageId);
                emptyReads = expected.Contains(about) ? 0 : emptyReads;
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

    private async Task<List<(string Subject, Guid MessageId)>> DrainAsync()
    {
        var messages = new List<(string, Guid)>();
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        while (await channel.BasicGetAsync(queue, autoAck: true) is { } delivery)
        {
            using var envelope = JsonDocument.Parse(delivery.Body);
            messages.Add((
                envelope.RootElement.GetProperty("message").GetProperty(subject).GetString()!,
                envelope.RootElement.GetProperty("messageId").GetGuid()));
        }

        return messages;
    }
}
