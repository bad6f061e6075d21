using RabbitMQ.Client;
using ServiceDefaults.Messaging;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Messaging;

public sealed record PartMade
{
    public required int Number { get; init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value)); }
}

/// <summary>A type of its own for exchanges that no queue is bound to.</summary>
public sealed record PartLost
{
    public required int Number { get; init; }
}

/// <summary>What a build before this one published.</summary>
public sealed record PartRetired;

public sealed class OutboxFaultTests : IAsyncLifetime
{
    private string _database = "";
    private string _broker = "";

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        _database = await servers.CreateDatabaseAsync("outbox-faults");
        _broker = servers.RabbitMQ;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Relay_MandatoryEventWithoutQueue_StaysAndLetsOthersPassAndGoesOutOnceBound()
    {
        await using var others = await EventTap.OpenAsync<PartMade>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<PartLost>(hasConsumer: true).Publishes<PartMade>(), settings: ("Messaging:PollInterval", "00:00:00.05"));

        await service.WriteAsync("lost", new PartLost { Number = 1 }, new PartLost { Number = 2 });
        await Eventually.BecomesTrueAsync(() => service.Metric("outbox.returned") >= 1, "the broker returned it");
        await service.WriteAsync("other", new PartMade { Number = 3 });

        Assert.Equal(3, (await others.NextAsync()).Read<PartMade>().Number);
        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 2, "only the lost ones are pending");
        Assert.Equal("no queue is bound", await service.ScalarAsync<string>("SELECT parked_because FROM outbox WHERE attempts > 0"));

        await using var consumer = await EventTap.OpenAsync<PartLost>(_broker);
        var arrived = await consumer.NextAsync(2);

        Assert.Equal([1, 2], arrived.Select(tapped => tapped.Read<PartLost>().Number));
        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 0, "nothing is pending");
        Assert.Empty(consumer.Rest());
    }

    [Fact]
    public async Task Relay_EventOfAParkedAggregateWrittenLater_WaitsBehindIt()
    {
        await using var made = await EventTap.OpenAsync<PartMade>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<PartLost>(hasConsumer: true).Publishes<PartMade>(), settings: ("Messaging:PollInterval", "00:00:00.05"));
        await service.WriteAsync("one", new PartLost { Number = 1 });
        await Eventually.BecomesTrueAsync(() => service.Metric("outbox.returned") >= 1, "the broker returned it");

        await service.WriteAsync("one", new PartMade { Number = 2 });
        await service.WriteAsync("two", new PartMade { Number = 3 });
        Assert.Equal(3, (await made.NextAsync()).Read<PartMade>().Number);
        await Eventually.BecomesTrueAsync(
            async () => await service.ScalarAsync<long>("SELECT count(*) FROM outbox WHERE parked_until IS NOT NULL AND published_at IS NULL") == 2, "both wait");

        await using var lost = await EventTap.OpenAsync<PartLost>(_broker);
        await lost.NextAsync();
        Assert.Equal(2, (await made.NextAsync()).Read<PartMade>().Number);
    }

    [Fact]
    public async Task Relay_MoreThanAWindowDueBeforeTheEventTheyWaitFor_AllGoOutInOrder()
    {
        const int Followers = OutboxStore.ParkedWindow + 10;
        await using var made = await EventTap.OpenAsync<PartMade>(_broker);
        await using (var starter = await TestService.StartAsync(_database, bus => bus.Publishes<PartMade>()))
        {
            // Migrates only.
        }

        // What a pause leaves behind: the head was parked anew, and nobody looked at the others before all were due.
        await using var service = await TestService.BuildAsync(_database, bus => bus.Publishes<PartMade>());
        await service.ScalarAsync<long>($$"""
            WITH written AS (
                INSERT INTO outbox (message_id, aggregate, type, body, attempts, parked_until)
                SELECT gen_random_uuid(), 'a', '{{typeof(PartMade).FullName}}', json_build_object('number', n), 1 - sign(n), now() - CASE n WHEN 0 THEN interval '1 second' ELSE interval '1 minute' END
                FROM generate_series(0, {{Followers}}) AS n ORDER BY n
                RETURNING id)
            SELECT count(*) FROM written
            """);
        await using var relay = await TestService.StartAsync(_database, bus => bus.Publishes<PartMade>());

        var numbers = (await made.NextAsync(Followers + 1)).Select(tapped => tapped.Read<PartMade>().Number);

        Assert.Equal(Enumerable.Range(0, Followers + 1), numbers);
    }

    [Fact]
    public async Task Relay_EventWithoutConsumerAndQueue_IsPublished()
    {
        await using var service = await TestService.StartAsync(_database, bus => bus.Publishes<PartLost>(hasConsumer: false));

        await service.WriteAsync("lost", new PartLost { Number = 1 });

        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 0, "confirmed without a queue");
        Assert.Equal(0, service.Metric("outbox.returned"));
    }

    [Fact]
    public async Task Relay_RowOfAnUnknownType_StaysWithOneErrorAndLetsOthersPass()
    {
        await using (var before = await TestService.BuildAsync(_database, bus => bus.Publishes<PartRetired>()))
        {
            // Migrates and writes; its relay never starts.
            await using var starter = await TestService.StartAsync(_database, bus => bus.Publishes<PartMade>());
            await starter.StopAsync();
            await before.WriteAsync("old", new PartRetired());
        }

        await using var made = await EventTap.OpenAsync<PartMade>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<PartMade>(), settings: ("Messaging:PollInterval", "00:00:00.05"));
        await service.WriteAsync("new", new PartMade { Number = 1 });

        Assert.Equal(1, (await made.NextAsync()).Read<PartMade>().Number);
        await Eventually.BecomesTrueAsync(() => service.Metric("outbox.unreadable") >= 2, "it is tried again");
        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 1, "only the unknown one is pending");
        var line = Assert.Single(service.Log.Lines, line => line.Message.Contains(nameof(PartRetired), StringComparison.Ordinal) && line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
        Assert.Contains("stays", line.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"not a number\"")]
    [InlineData("-1")] // to which the event's own code objects
    public async Task Relay_RowWhoseBodyCannotBeRead_StaysAndLetsOthersPass(string number)
    {
        await using var made = await EventTap.OpenAsync<PartMade>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<PartMade>(), settings: ("Messaging:PollInterval", "00:00:00.05"));

        await service.ScalarAsync<long>($$"""
            INSERT INTO outbox (message_id, aggregate, type, body)
            VALUES (gen_random_uuid(), 'a', '{{typeof(PartMade).FullName}}', '{"number":{{number}}}') RETURNING id
            """);
        await service.WriteAsync("b", new PartMade { Number = 2 });

        Assert.Equal(2, (await made.NextAsync()).Read<PartMade>().Number);
        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 1, "only the unreadable one is pending");
    }

    [Fact]
    public async Task Relay_RowWithAMemberThisBuildDoesNotKnow_IsPublished()
    {
        await using var made = await EventTap.OpenAsync<PartMade>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<PartMade>(), settings: ("Messaging:PollInterval", "00:00:00.05"));

        await service.ScalarAsync<long>($$"""
            INSERT INTO outbox (message_id, aggregate, type, body)
            VALUES (gen_random_uuid(), 'a', '{{typeof(PartMade).FullName}}', '{"number":4,"colour":"red"}') RETURNING id
            """);

        Assert.Equal(4, (await made.NextAsync()).Read<PartMade>().Number);
    }

    [Fact]
    public async Task Relay_DiedBetweenConfirmAndMark_PublishesTheSameMessageIdAgain()
    {
        await using var made = await EventTap.OpenAsync<PartMade>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<PartMade>(), settings: ("Messaging:PollInterval", "00:00:00.05"));
        await service.WriteAsync("a", new PartMade { Number = 1 });
        var first = await made.NextAsync();
        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 0, "marked");

        // What a kill leaves behind: the broker has it, the transaction with the mark was never committed.
        await service.ScalarAsync<long>("UPDATE outbox SET published_at = NULL RETURNING id");

        Assert.Equal(first.MessageId, (await made.NextAsync()).MessageId);
    }

    [Fact]
    public async Task Relay_BrokerCutUnderLoad_EveryEventArrivesAndRequestsGoOn()
    {
        await using var proxy = TcpProxy.For(new Uri(_broker));
        await using var made = await EventTap.OpenAsync<PartMade>(_broker);
        var throughProxy = new UriBuilder(_broker) { Port = proxy.Port }.Uri.ToString();
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<PartMade>(), broker: throughProxy, settings: ("Messaging:PollInterval", "00:00:00.05"));

        for (var number = 0; number < 60; number++)
        {
            if (number == 20)
            {
                proxy.Cut();
            }

            // Writing needs no broker.
            await service.WriteAsync($"a{number % 4}", new PartMade { Number = number });
        }

        await Eventually.BecomesTrueAsync(() => service.Metric("outbox.publish_failures") >= 1, "the relay noticed");
        Assert.True(await service.PendingAsync() >= 40);
        proxy.Restore();

        var numbers = new List<int>();
        while (numbers.Distinct().Count() < 60)
        {
            numbers.Add((await made.NextAsync()).Read<PartMade>().Number);
        }

        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 0, "the outbox drains");
        for (var aggregate = 0; aggregate < 4; aggregate++)
        {
            // First occurrences: an event whose confirm was lost comes twice, and never after its successor's first.
            var order = numbers.Where(number => number % 4 == aggregate).Distinct().ToList();
            Assert.Equal(order.Order(), order);
        }
    }

    [Fact]
    public async Task Relay_BrokerKeepsSilent_GivesUpTheWaitAndGoesOnWhenItSpeaks()
    {
        await using var proxy = TcpProxy.For(new Uri(_broker));
        await using var made = await EventTap.OpenAsync<PartMade>(_broker);
        var throughProxy = new UriBuilder(_broker) { Port = proxy.Port }.Uri.ToString();
        await using var service = await TestService.StartAsync(
            _database,
            bus => bus.Publishes<PartMade>(),
            broker: throughProxy,
            settings: [("Messaging:PollInterval", "00:00:00.05"), ("Messaging:PublishTimeout", "00:00:00.2")]);
        await service.WriteAsync("a", new PartMade { Number = 1 });
        await made.NextAsync();
        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 0, "marked");

        proxy.Freeze();
        var failuresBefore = service.Metric("outbox.publish_failures");
        await service.WriteAsync("a", new PartMade { Number = 2 });
        await Eventually.BecomesTrueAsync(() => service.Metric("outbox.publish_failures") > failuresBefore, "the wait ended without a confirm");
        Assert.Equal(1, await service.PendingAsync());

        proxy.Thaw();
        // The first may come twice: on a busy machine its confirm takes longer than the wait.
        while ((await made.NextAsync()).Read<PartMade>().Number != 2)
        {
        }

        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 0, "marked");
    }

    [Fact]
    public async Task Relay_ExchangeOfAnotherKind_ParksThatEventAndLetsOthersPass()
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(_broker) }.CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        var exchange = EventTap.ExchangeOf<PartMisdeclared>();
        await channel.ExchangeDeleteAsync(exchange, cancellationToken: TestContext.Current.CancellationToken);
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Topic, durable: true, cancellationToken: TestContext.Current.CancellationToken);
        try
        {
            await using var made = await EventTap.OpenAsync<PartMade>(_broker);
            await using var service = await TestService.StartAsync(
                _database,
                bus => bus.Publishes<PartMisdeclared>().Publishes<PartMade>(),
                settings: [("Messaging:PollInterval", "00:00:00.05"), ("Messaging:PublishTimeout", "00:00:02")]);
            await service.WriteAsync("wrong", new PartMisdeclared());
            await Eventually.BecomesTrueAsync(() => service.Metric("outbox.publish_failures") >= 1, "the broker objects");

            for (var number = 1; number <= 3; number++)
            {
                await service.WriteAsync("right", new PartMade { Number = number });
                // The broker closes the channel over the wrong one, and a confirm lost with it means a repetition.
                while ((await made.NextAsync()).Read<PartMade>().Number != number)
                {
                }
            }

            await Eventually.BecomesTrueAsync(
                async () => await service.ScalarAsync<long>("SELECT count(*) FROM outbox WHERE published_at IS NULL AND parked_until IS NOT NULL") == 1, "it is parked");
            await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 1, "nothing else is pending");
        }
        finally
        {
            await channel.ExchangeDeleteAsync(exchange, cancellationToken: CancellationToken.None);
        }
    }
}

public sealed record PartMisdeclared;
