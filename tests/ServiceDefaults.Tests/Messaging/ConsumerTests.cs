using System.Collections.Concurrent;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RabbitMQ.Client;
using ServiceDefaults.Http;
using ServiceDefaults.Messaging;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Messaging;

public sealed record OrderPlaced
{
    public required Guid Order { get; init; }

    public required string Behaviour { get; init; }
}

public sealed record OrderHandled
{
    public required Guid Order { get; init; }
}

/// <summary>What the consumers of one test have seen.</summary>
public sealed class Seen
{
    public ConcurrentQueue<(Guid Order, string? CorrelationId, string? TraceId)> Deliveries { get; } = new();

    public int Attempts(Guid order) => Deliveries.Count(delivery => delivery.Order == order);
}

public sealed class OrderPlacedConsumer(Inbox inbox, Outbox outbox, Seen seen) : IConsumer<OrderPlaced>
{
    public async Task Consume(ConsumeContext<OrderPlaced> context)
    {
        var order = context.Message.Order;
        seen.Deliveries.Enqueue((order, CorrelationId.Current, System.Diagnostics.Activity.Current?.TraceId.ToString()));
        var attempt = seen.Attempts(order);
        await inbox.HandleOnceAsync(context, "order-placed", async (connection, transaction, cancellationToken) =>
        {
            await using var insert = new Npgsql.NpgsqlCommand("INSERT INTO effects VALUES ($1)", connection, transaction)
            {
                Parameters = { new() { Value = order } },
            };
            await insert.ExecuteNonQueryAsync(cancellationToken);
            await outbox.AddAsync(connection, transaction, order.ToString(), new OrderHandled { Order = order }, cancellationToken);
            switch (context.Message.Behaviour)
            {
                case "fails once" when attempt == 1:
                case "fails always":
                    throw new InvalidOperationException("as told");
                case "finds Postgres away" when attempt <= 10:
                    throw new Npgsql.NpgsqlException("as told", new IOException());
                case "times out":
                    throw new OperationCanceledException("a limit of its own");
            }
        });
    }
}

public sealed class OrderPlacedDefinition : ConsumerDefinition<OrderPlacedConsumer>;

public sealed class OrderWatcher(Seen seen) : IConsumer<OrderPlaced>
{
    public Task Consume(ConsumeContext<OrderPlaced> context)
    {
        seen.Deliveries.Enqueue((context.Message.Order, CorrelationId.Current, null));
        return context.Message.Behaviour == "watcher fails" ? throw new InvalidOperationException("as told") : Task.CompletedTask;
    }
}

/// <summary>From one service's outbox to another one's effect.</summary>
public sealed class ConsumerTests : IAsyncLifetime
{
    private readonly string _consumerName = TestService.NewName();
    private readonly Seen _seen = new();
    private TestService _publisher = null!;
    private TestService _consumer = null!;
    private string _database = "";

    private string Queue => $"{_consumerName}-order-placed";

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        _database = await servers.CreateDatabaseAsync("consumer");
        _consumer = await StartConsumerAsync();
        await _consumer.ScalarAsync<int>("CREATE TABLE effects (order_id uuid); SELECT 1");
        _publisher = await TestService.StartAsync(
            await servers.CreateDatabaseAsync("publisher"), bus => bus.Publishes<OrderPlaced>(hasConsumer: true));
    }

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        await _consumer.DisposeAsync();
        await TestService.DeleteQueuesAsync(Queue, $"{Queue}_error", $"{Queue}_skipped");
    }

    [Fact]
    public async Task Consume_SameMessageTwice_OneEffectAndOneFollowUp()
    {
        await using var handled = await EventTap.OpenAsync<OrderHandled>((await BackingServers.GetAsync()).RabbitMQ);
        var order = await PlaceAsync("succeeds");
        await Eventually.BecomesTrueAsync(() => _consumer.Metric("inbox.handled") == 1, "handled");
        await Eventually.BecomesTrueAsync(async () => await _publisher.PendingAsync() == 0, "marked");

        await _publisher.ScalarAsync<long>("UPDATE outbox SET published_at = NULL RETURNING id");
        await Eventually.BecomesTrueAsync(() => _consumer.Metric("inbox.duplicates") == 1, "the repetition is recognised");

        Assert.Equal(1, await EffectsAsync(order));
        Assert.Equal(order, (await handled.NextAsync()).Read<OrderHandled>().Order);
        Assert.Equal(1, await _consumer.ScalarAsync<long>("SELECT count(*) FROM outbox"));
    }

    [Fact]
    public async Task Consume_ThrowsThenSucceeds_OneEffect()
    {
        var order = await PlaceAsync("fails once");

        await Eventually.BecomesTrueAsync(() => _consumer.Metric("inbox.handled") == 1, "handled");
        Assert.Equal(2, _seen.Attempts(order));
        Assert.Equal(1, await EffectsAsync(order));
        Assert.Equal(0, _consumer.Metric("inbox.duplicates"));
        Assert.Equal(0, _consumer.Metric("messaging.dead_letters"));
    }

    /// <summary>Far more often than a message may fail by itself.</summary>
    [Fact]
    public async Task Consume_PostgresAwayForLong_WaitsAndHasItsEffectOnce()
    {
        var order = await PlaceAsync("finds Postgres away");

        await Eventually.BecomesTrueAsync(() => _consumer.Metric("inbox.handled") == 1, "handled");
        Assert.Equal(11, _seen.Attempts(order));
        Assert.Equal(1, await EffectsAsync(order));
        Assert.Equal(0, _consumer.Metric("messaging.dead_letters"));
    }

    [Theory]
    [InlineData("fails always")]
    [InlineData("times out")]
    public async Task Consume_NeverSucceeds_NoEffectAndADeadLetter(string behaviour)
    {
        var order = await PlaceAsync(behaviour);

        await Eventually.BecomesTrueAsync(() => _consumer.Metric("messaging.dead_letters") == 1, "given up");
        await Eventually.BecomesTrueAsync(async () => await CountAsync($"{Queue}_error") == 1, "in the error queue");
        Assert.Equal(3, _seen.Attempts(order));
        Assert.Equal(0, await EffectsAsync(order));
        Assert.Equal(0, await _consumer.ScalarAsync<long>("SELECT count(*) FROM outbox"));
        Assert.Equal(0, await _consumer.ScalarAsync<long>("SELECT count(*) FROM inbox"));
    }

    [Fact]
    public async Task Consume_CorrelatedEvent_IdAndTraceReachConsumerItsEventsAndItsLogLines()
    {
        await using var handled = await EventTap.OpenAsync<OrderHandled>((await BackingServers.GetAsync()).RabbitMQ);
        using var request = new System.Diagnostics.Activity("request").SetIdFormat(System.Diagnostics.ActivityIdFormat.W3C).Start();
        Guid order;
        using (CorrelationId.Begin(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, "corr-7"))
        {
            order = await PlaceAsync("fails once");
        }

        var followUp = await handled.NextAsync();
        Assert.Equal("corr-7", followUp.Headers[CorrelationId.HeaderName]);
        Assert.Contains(request.TraceId.ToString(), followUp.Headers["traceparent"], StringComparison.Ordinal);
        Assert.All(_seen.Deliveries, delivery => Assert.Equal(("corr-7", request.TraceId.ToString()), (delivery.CorrelationId, delivery.TraceId)));
        Assert.NotEqual(Guid.Empty, order);
        Assert.Contains(_consumer.Log.Lines, line => line.Scope.TryGetValue("CorrelationId", out var id) && Equals(id, "corr-7"));
    }

    [Fact]
    public async Task ObservedByEveryInstance_TwoInstances_BothSeeAndTheirQueuesGoWithThem()
    {
        var name = TestService.NewName();
        var (first, second) = (new Seen(), new Seen());
        var servers = await BackingServers.GetAsync();
        var database = await servers.CreateDatabaseAsync("watchers");
        string[] queues;
        await using (var one = await StartWatcherAsync(first))
        await using (var two = await StartWatcherAsync(second))
        {
            queues = [.. new[] { one, two }.Select(QueueOf)];
            Assert.NotEqual(queues[0], queues[1]);

            var order = await PlaceAsync("watcher fails");

            await Eventually.BecomesTrueAsync(() => first.Attempts(order) == 3 && second.Attempts(order) == 3, "both saw it");
            await Eventually.BecomesTrueAsync(() => one.Metric("messaging.dead_letters") == 1 && two.Metric("messaging.dead_letters") == 1, "both gave it up");
            // By the name that instances come and go under, not by one more name at each start.
            Assert.Contains(one.Log.Lines, line => line.Message.StartsWith($"{queues[0][..^13]} gave up", StringComparison.Ordinal));
        }

        foreach (var queue in queues)
        {
            await Eventually.BecomesTrueAsync(async () => !await ExistsAsync(queue) && !await ExistsAsync($"{queue}_error"), "no queue is left");
        }

        Task<TestService> StartWatcherAsync(Seen seen) => TestService.StartAsync(
            database,
            bus => bus.ObservedByEveryInstance<OrderWatcher>(),
            name,
            configure: builder => builder.Services.AddSingleton(seen),
            settings: [("Messaging:Retries", "2"), ("Messaging:RetryDelay", "00:00:00.01")]);
    }

    [Fact]
    public async Task Start_BusReady_QueueIsDeclaredAndHealthy()
    {
        Assert.True(await ExistsAsync(Queue));
        var report = await _consumer.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, report.Entries["rabbitmq"].Status);
        Assert.DoesNotContain("masstransit-bus", report.Entries.Keys);
    }

    [Fact]
    public async Task Consume_BrokerBackWhileTheEndpointWaits_ConsumesAndPublishesAgain()
    {
        var broker = new Uri((await BackingServers.GetAsync()).RabbitMQ);
        await using var proxy = TcpProxy.For(broker);
        await using var handled = await EventTap.OpenAsync<OrderHandled>(broker.OriginalString);
        await _consumer.DisposeAsync();
        _consumer = await StartConsumerAsync(new UriBuilder(broker) { Port = proxy.Port }.Uri.ToString());

        // Away for so long that the endpoint is "faulted" and waits for its next attempt but one.
        proxy.Cut();
        await Eventually.BecomesTrueAsync(() => _consumer.Log.Lines.Count(line => line.Message.StartsWith("Retrying", StringComparison.Ordinal)) >= 2, "two attempts have failed");
        Assert.Equal(HealthStatus.Unhealthy, await BrokerHealthAsync());
        var order = await PlaceAsync("succeeds");
        proxy.Restore();

        await Eventually.BecomesTrueAsync(async () => await BrokerHealthAsync() == HealthStatus.Healthy, "healthy");
        await Eventually.BecomesTrueAsync(() => _consumer.Metric("inbox.handled") == 1, "handled");
        Assert.Equal(1, await EffectsAsync(order));
        Assert.Equal(order, (await handled.NextAsync()).Read<OrderHandled>().Order);

        async Task<HealthStatus> BrokerHealthAsync()
            => (await _consumer.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["rabbitmq"].Status;
    }

    private Task<TestService> StartConsumerAsync(string? broker = null) => TestService.StartAsync(
        _database,
        bus => bus.Consumes<OrderPlacedConsumer, OrderPlacedDefinition>().Publishes<OrderHandled>(),
        _consumerName,
        broker,
        configure: builder => builder.Services.AddSingleton(_seen),
        settings: [("Messaging:Retries", "2"), ("Messaging:RetryDelay", "00:00:00.01"), ("Messaging:OutageDelay", "00:00:00.01"), ("Messaging:PollInterval", "00:00:00.05")]);

    private async Task<Guid> PlaceAsync(string behaviour)
    {
        var order = Guid.NewGuid();
        await _publisher.WriteAsync(order.ToString(), new OrderPlaced { Order = order, Behaviour = behaviour });
        return order;
    }

    private Task<long> EffectsAsync(Guid order) => _consumer.ScalarAsync<long>($"SELECT count(*) FROM effects WHERE order_id = '{order}'");

    private static string QueueOf(TestService service)
        => service.Services.GetRequiredService<IBusControl>().CheckHealth().Endpoints.Keys
            .Select(address => new Uri(address).AbsolutePath.Split('/')[^1])
            .Single(queue => queue.Contains("order-watcher", StringComparison.Ordinal));

    private static async Task<long> CountAsync(string queue)
        => await ExistsAsync(queue) ? (await WithChannelAsync(channel => channel.QueueDeclarePassiveAsync(queue))).MessageCount : 0;

    private static async Task<bool> ExistsAsync(string queue)
    {
        try
        {
            await WithChannelAsync(channel => channel.QueueDeclarePassiveAsync(queue));
            return true;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == 404)
        {
            return false;
        }
    }

    private static async Task<T> WithChannelAsync<T>(Func<IChannel, Task<T>> ask)
    {
        var servers = await BackingServers.GetAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMQ) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        return await ask(channel);
    }
}
