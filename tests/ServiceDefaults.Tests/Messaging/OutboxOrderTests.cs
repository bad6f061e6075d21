using Npgsql;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Messaging;

public sealed record CounterMoved
{
    public required string Counter { get; init; }

    public required int Value { get; init; }
}

/// <summary>Several instances on one database.</summary>
public sealed class OutboxOrderTests : IAsyncLifetime
{
    private const int Writers = 8;
    private const int Counters = 5;
    private const int MovesPerWriter = 60;

    private string _database = "";
    private string _broker = "";

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        _database = await servers.CreateDatabaseAsync("outbox-order");
        _broker = servers.RabbitMQ;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Relay_EightWritersAndTwoInstances_EachEventOnceAndInOrderPerAggregate()
    {
        await using var tap = await EventTap.OpenAsync<CounterMoved>(_broker);
        await using var one = await TestService.StartAsync(_database, bus => bus.Publishes<CounterMoved>(hasConsumer: true));
        await using var two = await TestService.StartAsync(_database, bus => bus.Publishes<CounterMoved>(hasConsumer: true));
        await one.ScalarAsync<int>($"""
            CREATE TABLE counters (name text PRIMARY KEY, value integer NOT NULL);
            INSERT INTO counters SELECT 'c' || n, 0 FROM generate_series(0, {Counters - 1}) n;
            SELECT 1
            """);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => MoveAsync(writer % 2 == 0 ? one : two, writer))));

        var events = (await tap.NextAsync(Writers * MovesPerWriter)).ConvertAll(tapped => tapped.Read<CounterMoved>());
        await Eventually.BecomesTrueAsync(async () => await one.PendingAsync() == 0, "the outbox drains");
        Assert.Empty(tap.Rest());
        foreach (var counter in events.GroupBy(moved => moved.Counter, StringComparer.Ordinal))
        {
            Assert.Equal(Enumerable.Range(1, counter.Count()), counter.Select(moved => moved.Value));
        }

        Assert.Equal(Writers * MovesPerWriter, one.Metric("outbox.published") + two.Metric("outbox.published"));
    }

    [Fact]
    public async Task Relay_BacklogLargerThanAWindow_DrainsInOrder()
    {
        const int Events = 1000;
        await using var tap = await EventTap.OpenAsync<CounterMoved>(_broker);
        await using (var writer = await TestService.BuildAsync(_database, bus => bus.Publishes<CounterMoved>()))
        {
            await using var starter = await TestService.StartAsync(_database, bus => bus.Publishes<CounterMoved>());
            await starter.StopAsync();
            await writer.WriteAsync("one", [.. Enumerable.Range(1, Events).Select(value => new CounterMoved { Counter = "one", Value = value })]);
        }

        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<CounterMoved>(), settings: ("Messaging:PollInterval", "00:10:00"));

        Assert.Equal(Enumerable.Range(1, Events), (await tap.NextAsync(Events)).Select(tapped => tapped.Read<CounterMoved>().Value));
    }

    private static async Task MoveAsync(TestService service, int writer)
    {
        for (var move = 0; move < MovesPerWriter; move++)
        {
            await using var connection = await service.Database.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            var counter = $"c{(writer + move) % Counters}";
            await using var update = new NpgsqlCommand("UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value", connection, transaction)
            {
                Parameters = { new() { Value = counter } },
            };
            var value = (int)(await update.ExecuteScalarAsync())!;
            await service.Outbox.AddAsync(
                connection, transaction, counter, new CounterMoved { Counter = counter, Value = value }, TestContext.Current.CancellationToken);
            await transaction.CommitAsync();
        }
    }
}
