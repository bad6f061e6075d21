using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Data;

/// <summary>What a database is by default. Alone: a server that stands still takes threads, which the others' tests would miss.</summary>
[CollectionDefinition(nameof(DatabaseTests), DisableParallelization = true)]
[Collection(nameof(DatabaseTests))]
public sealed class DatabaseTests : IAsyncLifetime
{
    private string connectionString = "";

    public async ValueTask InitializeAsync() => connectionString = await (await BackingServers.GetAsync()).CreateDatabaseAsync("defaults");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void AddDatabase_ConnectionStringSaysNothing_OurLimitsAndElseItsOwn()
    {
        using var ours = DatabaseHost.Build(connectionString, new LogCapture());
        using var theirs = DatabaseHost.Build(connectionString + ";Maximum Pool Size=3;Command Timeout=77", new LogCapture());

        Assert.Equal(20, Settings(ours).MaxPoolSize);
        Assert.Equal(5, Settings(ours).CommandTimeout);
        Assert.Equal(GssEncryptionMode.Disable, Settings(ours).GssEncryptionMode);
        Assert.Equal(3, Settings(theirs).MaxPoolSize);
        Assert.Equal(77, Settings(theirs).CommandTimeout);

        static NpgsqlConnectionStringBuilder Settings(IHost host) => new(host.Services.GetRequiredService<NpgsqlDataSource>().ConnectionString);
    }

    [Theory]
    [InlineData("", "30s")]
    [InlineData(";Options=-c idle_in_transaction_session_timeout=7s", "7s")]
    public async Task AddDatabase_TransactionOfAnInstanceThatVanished_EndsAtTheServerAfter(string settings, string limit)
    {
        using var host = DatabaseHost.Build(connectionString + settings, new LogCapture());

        await using var command = host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("SHOW idle_in_transaction_session_timeout");

        Assert.Equal(limit, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AddDatabase_ServerStandsStillUnderEveryConnection_EveryStatementFailsAfterItsOwnTimeLimits()
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        await using var proxy = new TcpProxy(server.Host!, server.Port);
        (server.Host, server.Port) = ("127.0.0.1", proxy.Port);
        using var host = DatabaseHost.Build(server.ConnectionString, new LogCapture(), services =>
            services.Configure<HealthCheckPublisherOptions>(publishing => (publishing.Delay, publishing.Period) = (TimeSpan.Zero, TimeSpan.FromSeconds(1))));
        await host.StartAsync(TestContext.Current.CancellationToken);
        var database = host.Services.GetRequiredService<NpgsqlDataSource>();
        var connections = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => database.OpenConnectionAsync(TestContext.Current.CancellationToken).AsTask()));
        proxy.Freeze();

        var took = await Task.WhenAll(connections.Select(async connection =>
        {
            var started = Stopwatch.GetTimestamp();
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
            return Stopwatch.GetElapsedTime(started);
        }));

        // 5 s for the answer and 3 s for the request to stop it; more where one waits for another's thread.
        Assert.All(took, time => Assert.InRange(time.TotalSeconds, 4, 12));
    }
}
