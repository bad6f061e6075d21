using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using DeviceRegistry.Contracts.V1;
using IdentityAuth.Contracts.V1;
using Pairing.Contracts.V1;
using RabbitMQ.Client;
using ScopeSigning.Contracts.V1;

namespace Campaigns.Tests.Secrets;

/// <summary>One queue on every exchange that a message type has: everything that goes over the broker, as it goes.</summary>
internal sealed class BrokerTap : IAsyncDisposable
{
    private static readonly Type[] OneOfEachService = [typeof(DeviceRegistered), typeof(UserRegistered), typeof(PairingCreated), typeof(ScopeSigned)];

    private readonly IConnection connection;
    private readonly IChannel channel;
    private readonly string queue;

    private BrokerTap(IConnection connection, IChannel channel, string queue)
        => (this.connection, this.channel, this.queue) = (connection, channel, queue);

    public static async Task<BrokerTap> OpenAsync(PrivatePlatform platform)
    {
        using var management = new HttpClient { BaseAddress = platform.BrokerManagement };
        management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(new Uri(platform.Broker).UserInfo))));
        var opened = await new ConnectionFactory { Uri = new Uri(platform.Broker) }.CreateConnectionAsync();
        var own = await opened.CreateChannelAsync();
        var tap = new BrokerTap(opened, own, (await own.QueueDeclareAsync()).QueueName);

        // An exchange comes with its first consumer or event: those of events that nobody consumes are not there yet.
        foreach (var type in OneOfEachService.SelectMany(type => type.Assembly.GetExportedTypes()).Where(type => type is { IsClass: true, IsAbstract: false }))
        {
            await own.ExchangeDeclareAsync($"{type.Namespace}:{type.Name}", ExchangeType.Fanout, durable: true);
        }

        var exchanges = await management.GetFromJsonAsync<JsonElement>("api/exchanges/%2F");
        foreach (var name in exchanges.EnumerateArray().Select(exchange => exchange.GetProperty("name").GetString()!).Where(name => name.Contains(':', StringComparison.Ordinal)))
        {
            await own.QueueBindAsync(tap.queue, name, routingKey: "");
        }

        return tap;
    }

    /// <summary>What has come: the exchange, and headers and body as text.</summary>
    public async Task<IReadOnlyList<(string Exchange, string Text)>> ReadAsync()
    {
        var messages = new List<(string, string)>();
        while (await channel.BasicGetAsync(queue, autoAck: true) is { } delivery)
        {
            var headers = delivery.BasicProperties.Headers?.Select(header => $"{header.Key}: {(header.Value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : header.Value)}") ?? [];
            messages.Add((delivery.Exchange, string.Join('\n', headers.Append(Encoding.UTF8.GetString(delivery.Body.Span)))));
        }

        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }
}
