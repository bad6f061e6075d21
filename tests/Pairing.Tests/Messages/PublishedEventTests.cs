using System.Collections.Concurrent;
using System.Text.Json;
using Pairing.Tests.Infrastructure;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Pairing.Tests.Messages;

/// <summary>What arrives at the broker: each fact once, on the exchange of its type.</summary>
public sealed class PublishedEventTests(PairingApp app)
{
    [Fact]
    public async Task Events_OfAWholePairing_ReachTheBrokerOnceEach()
    {
        var received = new ConcurrentQueue<(string Exchange, JsonElement Message)>();
        await using var connection = await new ConnectionFactory { Uri = new Uri(app.RabbitMQ) }
            .CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        var queue = (await channel.QueueDeclareAsync(cancellationToken: TestContext.Current.CancellationToken)).QueueName;
        var exchanges = new[] { "PairingCreated", "PairingInitialized", "DevicePaired", "DeviceUnpaired" }.Select(name => $"Pairing.Contracts.V1:{name}").ToList();
        foreach (var exchange in exchanges)
        {
            await channel.ExchangeDeclareAsync(exchange, "fanout", durable: true, cancellationToken: TestContext.Current.CancellationToken);
            await channel.QueueBindAsync(queue, exchange, "", cancellationToken: TestContext.Current.CancellationToken);
        }

        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            received.Enqueue((delivery.Exchange, JsonDocument.Parse(delivery.Body.ToArray()).RootElement.GetProperty("message").Clone()));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer, TestContext.Current.CancellationToken);

        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);
        using var removed = await pairing.Tenant.SendAsync(
            HttpMethod.Delete, $"/tenants/v1/users/{pairing.UserId}/devices/{Uri.EscapeDataString(phone.DeviceId)}");

        // Events of one user come in order, so the last one says that all are there.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!Mine().Any(exchange => exchange.EndsWith("DeviceUnpaired", StringComparison.Ordinal)))
        {
            await Task.Delay(50, limit.Token);
        }

        Assert.Equal(exchanges, Mine());

        IEnumerable<string> Mine() => received.Where(one => one.Message.Text("userId") == pairing.UserId.ToString()).Select(one => one.Exchange);
    }
}
