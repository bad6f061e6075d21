using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Benchmarks.Load;
using DeviceRegistry.Contracts.V1;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Benchmarks;

/// <summary>
/// From the moment that a row is written to the outbox, which is just before its transaction commits, to the consumer of the event.
/// </summary>
internal sealed class OutboxDelay : IBenchmark
{
    private const int WarmUp = 100;
    private const int Events = 400;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public string Name => "outbox-delay";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        await using var registry = await Registry.StartAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(registry.Broker) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var arrivals = new ConcurrentDictionary<Guid, DateTime>();
        await ListenAsync(channel, arrivals);

        var owners = Enumerable.Range(0, 10).Select(number => $"owner-{number}").ToList();
        var group = await registry.CreateGroupAsync("outbox", owners);
        var tokens = owners.ConvertAll(registry.Token);
        for (var sent = 0; sent < WarmUp + Events; sent++)
        {
            await registry.RegisterAsync(group, tokens[sent % tokens.Count]);
            await Task.Delay(Pace);
        }

        using var patience = new CancellationTokenSource(Patience);
        while (arrivals.Count < WarmUp + Events)
        {
            await Task.Delay(Pace, patience.Token);
        }

        var delays = await DelaysAsync(registry.Database, arrivals);
        return
        [
            new(
                "outbox → consumer, p50 / p99 / longest",
                string.Create(CultureInfo.InvariantCulture, $"{Quantile(delays, 0.5):0.0} / {Quantile(delays, 0.99):0.0} / {delays[^1].TotalMilliseconds:0.0} ms"),
                "–",
                Ratio: null,
                "p99 ≤ 100 ms"),
        ];
    }

    private static double Quantile(List<TimeSpan> sorted, double share) => sorted[(int)((sorted.Count - 1) * share)].TotalMilliseconds;

    private static async Task ListenAsync(IChannel channel, ConcurrentDictionary<Guid, DateTime> arrivals)
    {
        // The first event would make the exchange; this is before it.
        var exchange = $"{typeof(DeviceRegistered).Namespace}:{nameof(DeviceRegistered)}";
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        var queue = await channel.QueueDeclareAsync();
        await channel.QueueBindAsync(queue.QueueName, exchange, routingKey: "");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var now = DateTime.UtcNow;
            using var envelope = JsonDocument.Parse(delivery.Body);
            arrivals.TryAdd(envelope.RootElement.GetProperty("messageId").GetGuid(), now);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
    }

    private static async Task<List<TimeSpan>> DelaysAsync(string database, ConcurrentDictionary<Guid, DateTime> arrivals)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT message_id, created_at FROM outbox WHERE type LIKE '%{nameof(DeviceRegistered)}' ORDER BY id OFFSET {WarmUp}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var delays = new List<TimeSpan>();
        while (await reader.ReadAsync())
        {
            delays.Add(arrivals[reader.GetGuid(0)] - reader.GetDateTime(1));
        }

        delays.Sort();
        return delays;
    }
}
