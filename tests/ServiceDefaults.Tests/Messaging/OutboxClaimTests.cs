using Npgsql;
using ServiceDefaults.Messaging;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Messaging;

/// <summary>Who may publish what, decided in one statement: two relays as two transactions, step by step.</summary>
public sealed class OutboxClaimTests : IAsyncLifetime
{
    private TestService _service = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await TestService.StartAsync(await (await BackingServers.GetAsync()).CreateDatabaseAsync("claim"), bus => bus.Publishes<LampLit>());
        await _service.StopAsync();
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Claim_HeadHeldByAnotherRelay_TheRestOfTheAggregateIsPreceded()
    {
        await InsertAsync("a", "a", "b");
        await using var other = await RelayTransaction.BeginAsync(_service.Database);
        await other.ExecuteAsync("SELECT id FROM outbox WHERE id = 1 FOR UPDATE");
        await using var ours = await RelayTransaction.BeginAsync(_service.Database);

        var rows = await ours.ClaimAsync();

        Assert.Equal([(2, true), (3, false)], rows.Select(row => (row.Id, row.IsPreceded)));
        Assert.Null(rows[0].PrecedingParkedFor);
    }

    [Fact]
    public async Task Claim_TwoRelaysAtOnce_NoRowTwice()
    {
        await InsertAsync([.. Enumerable.Range(0, OutboxStore.Window + 10).Select(number => $"a{number}")]);
        await using var first = await RelayTransaction.BeginAsync(_service.Database);
        await using var second = await RelayTransaction.BeginAsync(_service.Database);

        var rows = await first.ClaimAsync();
        var rest = await second.ClaimAsync();

        Assert.Equal(OutboxStore.Window, rows.Count);
        Assert.Equal(10, rest.Count);
        Assert.Empty(rows.Select(row => row.Id).Intersect(rest.Select(row => row.Id)));
    }

    [Fact]
    public async Task Claim_RelayDied_ItsRowsAreFreeAgain()
    {
        await InsertAsync("a");
        await using (var dies = await RelayTransaction.BeginAsync(_service.Database))
        {
            Assert.Single(await dies.ClaimAsync());
        }

        await using var next = await RelayTransaction.BeginAsync(_service.Database);

        Assert.Single(await next.ClaimAsync());
    }

    [Fact]
    public async Task Claim_PublishedRows_NeverAgain()
    {
        await InsertAsync("a", "a");
        await using (var relay = await RelayTransaction.BeginAsync(_service.Database))
        {
            await relay.ClaimAsync();
            await relay.CompleteAsync([1], []);
        }

        await using var next = await RelayTransaction.BeginAsync(_service.Database);

        Assert.Equal(2, Assert.Single(await next.ClaimAsync()).Id);
    }

    [Fact]
    public async Task Claim_ParkedHead_WaitsWithItsAggregateUntilItIsDue()
    {
        await InsertAsync("a", "a", "b");
        await using (var relay = await RelayTransaction.BeginAsync(_service.Database))
        {
            await relay.ClaimAsync();
            await relay.CompleteAsync([], [new ParkedRow(1, TimeSpan.FromHours(1), 3, "why")]);
        }

        await using (var relay = await RelayTransaction.BeginAsync(_service.Database))
        {
            var rows = await relay.ClaimAsync();
            Assert.Equal([(2, true), (3, false)], rows.Select(row => (row.Id, row.IsPreceded)));
            Assert.InRange(rows[0].PrecedingParkedFor!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
        }

        await _service.ScalarAsync<long>("UPDATE outbox SET parked_until = now() WHERE id = 1 RETURNING id");
        await using var due = await RelayTransaction.BeginAsync(_service.Database);
        var all = await due.ClaimAsync();
        Assert.Equal([(1, 3), (2, 0), (3, 0)], all.Select(row => (row.Id, row.Attempts)));
        Assert.DoesNotContain(all, row => row.IsPreceded);
    }

    [Fact]
    public async Task Claim_ManyParkedRows_LeaveRoomForFreshOnes()
    {
        await _service.ScalarAsync<int>("""
            INSERT INTO outbox (message_id, aggregate, type, body, parked_until)
            SELECT gen_random_uuid(), 'parked' || n, 't', '[]', now() FROM generate_series(1, 1000) n;
            SELECT 1
            """);
        await InsertAsync("fresh");
        await using var relay = await RelayTransaction.BeginAsync(_service.Database);

        var rows = await relay.ClaimAsync();

        Assert.Equal(OutboxStore.ParkedWindow + 1, rows.Count);
        Assert.Contains(rows, row => row.Aggregate == "fresh");
    }

    private async Task InsertAsync(params string[] aggregates)
    {
        foreach (var aggregate in aggregates)
        {
            await _service.WriteAsync(aggregate, new LampLit());
        }
    }

    private sealed class RelayTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public static async Task<RelayTransaction> BeginAsync(NpgsqlDataSource source)
        {
            var connection = await source.OpenConnectionAsync();
            return new RelayTransaction(connection, await connection.BeginTransactionAsync());
        }

        public Task<List<OutboxRow>> ClaimAsync() => OutboxStore.ClaimAsync(connection, transaction, TestContext.Current.CancellationToken);

        public Task CompleteAsync(long[] published, ParkedRow[] parked) => OutboxStore.CompleteAsync(connection, transaction, published, parked);

        public async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
