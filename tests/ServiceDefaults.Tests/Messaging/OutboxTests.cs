using System.Diagnostics;
using Npgsql;
using ServiceDefaults.Http;
using ServiceDefaults.Messaging;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Messaging;

public sealed record ThingHappened
{
    public required string Thing { get; init; }

    public required int Number { get; init; }
}

public sealed record ThingUnregistered;

/// <summary>What a service writes, up to the broker.</summary>
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
    public async Task AddAsync_OneByteOverTheLimit_RefusedAndTheLimitItselfIsPublished()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(_database, bus => bus.Publishes<ThingHappened>());
        var frame = """{"thing":"","number":1}""".Length;

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => service.WriteAsync("a", new ThingHappened { Thing = new string('x', Outbox.MaxBodyLength - frame + 1), Number = 1 }));
        await service.WriteAsync("a", new ThingHappened { Thing = new string('x', Outbox.MaxBodyLength - frame), Number = 1 });

        Assert.Equal(Outbox.MaxBodyLength - frame, (await tap.NextAsync()).Read<ThingHappened>().Thing.Length);
    }

    [Fact]
    public async Task AddAsync_RolledBack_NeitherStoredNorPublished()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(_database, bus => bus.Publishes<ThingHappened>());

        await using (var connection = await service.Database.OpenConnectionAsync(TestContext.Current.CancellationToken))
        await using (var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await service.Outbox.AddAsync(
                connection, transaction, "a", new ThingHappened { Thing = "phantom", Number = 1 }, TestContext.Current.CancellationToken);
            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        }

        await service.WriteAsync("a", new ThingHappened { Thing = "real", Number = 2 });

        Assert.Equal("real", (await tap.NextAsync()).Read<ThingHappened>().Thing);
        Assert.Equal(1, await service.ScalarAsync<long>("SELECT count(*) FROM outbox"));
        Assert.Empty(tap.Rest());
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

    [Fact]
    public async Task AddAsync_BaseTypeVariable_PublishedAsWhatItIs()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(_database, bus => bus.Publishes<ThingHappened>());

        await service.WriteAsync<object>("a", new ThingHappened { Thing = "x", Number = 7 });

        Assert.Equal(7, (await tap.NextAsync()).Read<ThingHappened>().Number);
    }

    [Fact]
    public async Task Add_InABatch_LeavesNoResultSetOfItsOwn()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(_database, bus => bus.Publishes<ThingHappened>());
        await using var connection = await service.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new("SELECT 1") } };
        service.Outbox.Add(batch, "a", new ThingHappened { Thing = "batched", Number = 1 });
        batch.BatchCommands.Add(new("SELECT 2"));

        await using (var reader = await batch.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            Assert.True(await reader.ReadAsync(TestContext.Current.CancellationToken));
            Assert.True(await reader.NextResultAsync(TestContext.Current.CancellationToken));
            Assert.True(await reader.ReadAsync(TestContext.Current.CancellationToken));
            Assert.Equal(2, reader.GetInt32(0));
        }

        Assert.Equal("batched", (await tap.NextAsync()).Read<ThingHappened>().Thing);
    }

    [Fact]
    public async Task AddAsync_InsideARequest_CarriesCorrelationIdAndTrace()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(_database, bus => bus.Publishes<ThingHappened>());
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();

        using (CorrelationId.Begin(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, "corr-1"))
        {
            await service.WriteAsync("a", new ThingHappened { Thing = "x", Number = 1 });
        }

        var tapped = await tap.NextAsync();
        Assert.Equal("corr-1", tapped.Headers[CorrelationId.HeaderName]);
        Assert.Contains(request.TraceId.ToString(), tapped.Headers["MT-Activity-Id"], StringComparison.Ordinal);
        Assert.Contains(request.TraceId.ToString(), tapped.Headers["traceparent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relay_NoNotificationArrives_PublishesByPolling()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<ThingHappened>(), settings: ("Messaging:PollInterval", "00:00:00.05"));

        // As the outbox writes it, without its pg_notify.
        await service.ScalarAsync<long>($$"""
            INSERT INTO outbox (message_id, aggregate, type, body)
            VALUES (gen_random_uuid(), 'a', '{{typeof(ThingHappened).FullName}}', '{"thing":"silent","number":1}') RETURNING id
            """);

        Assert.Equal("silent", (await tap.NextAsync()).Read<ThingHappened>().Thing);
    }

    [Fact]
    public async Task Relay_PollingOnceInTenMinutes_WokenByTheCommit()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<ThingHappened>(), settings: ("Messaging:PollInterval", "00:10:00"));

        for (var number = 0; number < 20; number++)
        {
            await service.WriteAsync("a", new ThingHappened { Thing = "x", Number = number });
            Assert.Equal(number, (await tap.NextAsync()).Read<ThingHappened>().Number);
        }
    }

    [Fact]
    public async Task AddAsync_RelayAwake_CommitsWithoutNotification()
    {
        await using var service = await TestService.StartAsync(_database, bus => bus.Publishes<ThingHappened>());
        await service.StopAsync();
        var notifications = 0;
        await using var listener = await service.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        listener.Notification += (_, _) => notifications++;
        await using (var listen = new NpgsqlCommand("LISTEN outbox", listener))
        {
            await listen.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await WriteWhileAwakeUntilAsync("clock_timestamp() + interval '1 hour'");
        Assert.Equal(0, notifications);
        await WriteWhileAwakeUntilAsync("clock_timestamp()");
        Assert.Equal(1, notifications);

        async Task WriteWhileAwakeUntilAsync(string until)
        {
            await service.ScalarAsync<DateTime>($"UPDATE outbox_watch SET awake_until = {until} RETURNING awake_until");
            await service.WriteAsync("a", new ThingHappened { Thing = "x", Number = 1 });
            // Notifications come with the next answer.
            await using var ask = new NpgsqlCommand("SELECT 1", listener);
            await ask.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Relay_UnderLoad_StaysAwakeAndPublishesWithoutNotification()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<ThingHappened>(), settings: ("Messaging:PollInterval", "00:10:00"));

        await service.WriteAsync("a", [.. Enumerable.Range(0, 200).Select(number => new ThingHappened { Thing = "x", Number = number })]);
        await tap.NextAsync(200);
        await Eventually.BecomesTrueAsync(
            () => service.ScalarAsync<bool>("SELECT awake_until > '-infinity' FROM outbox_watch"), "it says that it stays awake");

        for (var number = 200; number < 300; number++)
        {
            await service.WriteAsync("a", new ThingHappened { Thing = "x", Number = number });
            Assert.Equal(number, (await tap.NextAsync()).Read<ThingHappened>().Number);
        }
    }

    [Fact]
    public async Task Relay_ListeningConnectionKilled_ListensAgain()
    {
        await using var tap = await EventTap.OpenAsync<ThingHappened>(_broker);
        await using var service = await TestService.StartAsync(
            _database, bus => bus.Publishes<ThingHappened>(), settings: ("Messaging:PollInterval", "00:10:00"));
        await service.WriteAsync("a", new ThingHappened { Thing = "x", Number = 1 });
        await tap.NextAsync();

        const string Listeners = "FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN outbox'";
        await Eventually.BecomesTrueAsync(async () => await service.ScalarAsync<long>($"SELECT count(*) {Listeners}") == 1, "it listens");
        var killed = await service.ScalarAsync<int>($"SELECT pid {Listeners}");
        await service.ScalarAsync<bool>($"SELECT pg_terminate_backend({killed})");
        await Eventually.BecomesTrueAsync(
            async () => await service.ScalarAsync<long>($"SELECT count(*) {Listeners} AND pid <> {killed}") == 1, "it listens again");

        await service.WriteAsync("a", new ThingHappened { Thing = "x", Number = 2 });

        Assert.Equal(2, (await tap.NextAsync()).Read<ThingHappened>().Number);
    }
}
