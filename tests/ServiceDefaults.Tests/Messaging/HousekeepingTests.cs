using Microsoft.Extensions.Options;
using ServiceDefaults.Messaging;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Messaging;

public sealed record LampLit;

public sealed class HousekeepingTests : IAsyncLifetime
{
    private string _database = "";

    public async ValueTask InitializeAsync() => _database = await (await BackingServers.GetAsync()).CreateDatabaseAsync("housekeeping");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Sweep_PublishedAndHandledLongAgo_DeletedAndNothingElse()
    {
        await using var service = await TestService.BuildAsync(_database, bus => bus.Publishes<LampLit>(), settings: ("Messaging:SweepInterval", "00:00:00.05"));
        await using (var starter = await TestService.StartAsync(_database, bus => bus.Publishes<LampLit>()))
        {
            await starter.StopAsync();
        }

        // More than two batches of what is to go.
        await service.ScalarAsync<int>($"""
            INSERT INTO outbox (message_id, aggregate, type, body, published_at)
            SELECT gen_random_uuid(), 'old', '{typeof(LampLit).FullName}', '[]', now() - interval '61 minutes' FROM generate_series(1, 4500);
            INSERT INTO outbox (message_id, aggregate, type, body, published_at)
            VALUES (gen_random_uuid(), 'recent', '{typeof(LampLit).FullName}', '[]', now() - interval '59 minutes');
            INSERT INTO outbox (message_id, aggregate, type, body, created_at, parked_until)
            VALUES (gen_random_uuid(), 'pending', '{typeof(LampLit).FullName}', '[]', now() - interval '1 year', now() + interval '1 day');
            INSERT INTO inbox SELECT 'c', gen_random_uuid(), now() - interval '7 days 1 minute' FROM generate_series(1, 4500);
            INSERT INTO inbox VALUES ('recent', gen_random_uuid(), now() - interval '6 days 23 hours');
            SELECT 1
            """);
        await service.StartAsync();

        await Eventually.BecomesTrueAsync(
            async () => await service.ScalarAsync<long>("SELECT count(*) FROM outbox") == 2 && await service.ScalarAsync<long>("SELECT count(*) FROM inbox") == 1,
            "the rest is kept");
        Assert.Equal("pending,recent", await service.ScalarAsync<string>("SELECT string_agg(aggregate, ',' ORDER BY aggregate) FROM outbox"));
        Assert.Equal("recent", await service.ScalarAsync<string>("SELECT consumer FROM inbox"));
    }

    [Fact]
    public async Task Backlog_ReadyAndParkedRows_CountedWithTheAgeOfTheOldest()
    {
        await using var starter = await TestService.StartAsync(_database, bus => bus.Publishes<LampLit>());
        await starter.StopAsync();
        var store = new OutboxStore(starter.Database);
        Assert.Equal(new OutboxBacklog(0, TimeSpan.Zero), await store.ReadBacklogAsync(TestContext.Current.CancellationToken));

        await starter.ScalarAsync<int>("""
            INSERT INTO outbox (message_id, aggregate, type, body, created_at) VALUES (gen_random_uuid(), 'a', 't', '[]', now() - interval '10 s');
            INSERT INTO outbox (message_id, aggregate, type, body, created_at, parked_until) VALUES (gen_random_uuid(), 'b', 't', '[]', now() - interval '1 hour', now());
            INSERT INTO outbox (message_id, aggregate, type, body, created_at, published_at) VALUES (gen_random_uuid(), 'c', 't', '[]', now() - interval '1 day', now());
            SELECT 1
            """);

        var backlog = await store.ReadBacklogAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, backlog.Pending);
        Assert.InRange(backlog.OldestAge, TimeSpan.FromHours(1), TimeSpan.FromHours(2));
    }

    [Fact]
    public async Task Backlog_Sampled_IsWhatTheGaugesShow()
    {
        await using var service = await TestService.BuildAsync(_database, bus => bus.Publishes<LampLit>());
        await using (var starter = await TestService.StartAsync(_database, bus => bus.Publishes<LampLit>()))
        {
            await starter.StopAsync();
        }

        await service.ScalarAsync<int>("""
            INSERT INTO outbox (message_id, aggregate, type, body, created_at, parked_until)
            SELECT gen_random_uuid(), 'b', 't', '[]', now() - interval '1 hour', now() + interval '1 day' FROM generate_series(1, 3);
            SELECT 1
            """);
        await service.StartAsync();

        await Eventually.BecomesTrueAsync(() => service.Metric("outbox.pending") == 3, "sampled");
        Assert.InRange(service.Metric("outbox.oldest_age"), 3600, 7200);
    }

    [Theory]
    [InlineData("Messaging:PollInterval", "00:00:00")]
    [InlineData("Messaging:Retries", "21")]
    [InlineData("Messaging:Prefetch", "0")]
    public async Task Start_SettingOutOfRange_Refused(string key, string value)
    {
        await using var service = await TestService.BuildAsync(_database, bus => bus.Publishes<LampLit>(), settings: (key, value));

        await Assert.ThrowsAsync<OptionsValidationException>(service.StartAsync);
    }
}
