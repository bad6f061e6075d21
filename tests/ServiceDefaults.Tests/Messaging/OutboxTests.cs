using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Messaging;

public sealed record ThingHappened
{
    public required string Thing { get; init; }

    public required int Number { get; init; }
}

public sealed record ThingUnregistered;

public sealed class OutboxTests : IAsyncLifetime
{
    private string _database = "";
    private string _broker = "";

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        _database = await servers.CreateDatabaseAsync("outbox");
        _broker = servers.RabbitMQ;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task AddAsync_TypeNotRegistered_RefusedAndNothingStored()
    {
        await using var service = await TestService.StartAsync(_database, bus => bus.Publishes<ThingHappened>());

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => service.WriteAsync("a", new ThingUnregistered()));

        Assert.Contains("Publishes<ThingUnregistered>", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, await service.ScalarAsync<long>("SELECT count(*) FROM outbox"));
    }

    [Fact]
    public async Task AddAsync_Committed_PublishedWithTheRowsMessageId()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(_database, bus => bus.Publishes<ThingHappened>());

        await service.WriteAsync("a", new ThingHappened { Thing = "é\"\u0000", Number = 1 });

        var tapped = await tap.NextAsync();
        Assert.Equal(new ThingHappened { Thing = "é\"\u0000", Number = 1 }, tapped.Read<ThingHappened>());
        Assert.Equal(await service.ScalarAsync<Guid>("SELECT message_id FROM outbox"), tapped.MessageId);
        await Eventually.BecomesTrueAsync(async () => await service.PendingAsync() == 0, "the row is marked");
        Assert.Equal(1, service.Metric("outbox.published"));
    }
}
