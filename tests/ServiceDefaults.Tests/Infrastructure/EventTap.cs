using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ServiceDefaults.Tests.Infrastructure;

/// <summary>One delivery as it stood on the wire.</summary>
internal sealed record TappedEvent(Guid MessageId, IReadOnlyDictionary<string, string?> Headers, string Body)
{
    public T Read<T>() => JsonDocument.Parse(Body).RootElement.GetProperty("message").Deserialize<T>(JsonSerializerOptions.Web)!;
}

/// <summary>A queue of the test's own behind one event's exchange, read without MassTransit and in the order of the queue.</summary>
internal sealed class EventTap : IAsyncDisposable
{
    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly Channel<TappedEvent> _events = Channel.CreateUnbounded<TappedEvent>();

    private EventTap(IConnection connection, IChannel channel)
    {
        _connection = connection;
        _channel = channel;
    }

    public static async Task<EventTap> OpenAsync<TEvent>(string broker)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        var tap = new EventTap(connection, channel);
        var exchange = ExchangeOf<TEvent>();
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        var queue = (await channel.QueueDeclareAsync(exclusive: true)).QueueName;
        await channel.QueueBindAsync(queue, exchange, "");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            tap._events.Writer.TryWrite(new TappedEvent(
                Guid.Parse(delivery.BasicProperties.MessageId!),
                (delivery.BasicProperties.Headers ?? new Dictionary<string, object?>()).ToDictionary(
                    header => header.Key, header => header.Value is byte[] text ? Encoding.UTF8.GetString(text) : header.Value?.ToString(), StringComparer.Ordinal),
                Encoding.UTF8.GetString(delivery.Body.Span)));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        return tap;
    }

    public static string ExchangeOf<TEvent>() => $"{typeof(TEvent).Namespace}:{typeof(TEvent).Name}";

    public async Task<TappedEvent> NextAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Eventually.Limit);
        return await _events.Reader.ReadAsync(limit.Token);
    }

    public async Task<List<TappedEvent>> NextAsync(int count)
    {
        var events = new List<TappedEvent>(count);
        while (events.Count < count)
        {
            events.Add(await NextAsync());
        }

        return events;
    }

    /// <summary>What has arrived and was not asked for.</summary>
    public List<TappedEvent> Rest()
    {
        var rest = new List<TappedEvent>();
        while (_events.Reader.TryRead(out var tapped))
        {
            rest.Add(tapped);
        }

        return rest;
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
