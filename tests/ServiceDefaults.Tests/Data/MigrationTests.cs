using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ServiceDefaults.Data;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Data;

public sealed class MigrationTests : IAsyncLifetime
{
    private static readonly Migration One = new(1, "0001_one.sql", "CREATE TABLE one (n integer);\n");
    private static readonly Migration Two = new(2, "0002_two.sql", "CREATE TABLE two (n integer);\nINSERT INTO two VALUES (1);\n");

    private string _connectionString = "";
    private NpgsqlDataSource _database = null!;

    public async ValueTask InitializeAsync()
    {
        _connectionString = await (await BackingServers.GetAsync()).CreateDatabaseAsync("migrations");
        _database = NpgsqlDataSource.Create(_connectionString);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Run_ChangedChecksum_RefusedWithFileAndWhatToDo()
    {
        await RunAsync(One, Two);

        var failure = await Assert.ThrowsAsync<MigrationException>(() => RunAsync(One with { Sql = One.Sql + "-- changed" }, Two));

        Assert.Contains("0001_one.sql", failure.Message, StringComparison.Ordinal);
        Assert.Contains("new migration", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_StatementFails_NothingOfItIsLeftAndTheFileIsNamed()
    {
        var bad = new Migration(2, "0002_bad.sql", "CREATE TABLE two (n integer);\n\nINSERT INTO nowhere VALUES (1);\n");

        var failure = await Assert.ThrowsAsync<MigrationException>(() => RunAsync(One, bad));

        Assert.Contains("0002_bad.sql", failure.Message, StringComparison.Ordinal);
        Assert.Contains("\"nowhere\" does not exist", failure.Message, StringComparison.Ordinal);
        Assert.True(await ScalarAsync<bool>("SELECT to_regclass('one') IS NOT NULL AND to_regclass('two') IS NULL"));
        Assert.Equal(1, await ScalarAsync<int>("SELECT max(number) FROM schema_migrations"));

        await RunAsync(One, Two);
        Assert.Equal(1, await ScalarAsync<long>("SELECT count(*) FROM two"));
    }

    [Fact]
    public async Task Run_OlderNumberComesLater_Refused()
    {
        await RunAsync(One, new Migration(3, "0003_three.sql", "SELECT 1"));

        var failure = await Assert.ThrowsAsync<MigrationException>(() => RunAsync(One, Two, new Migration(3, "0003_three.sql", "SELECT 1")));

        Assert.Contains("0002_two.sql", failure.Message, StringComparison.Ordinal);
        Assert.True(await ScalarAsync<bool>("SELECT to_regclass('two') IS NULL"));
    }

    [Fact]
    public void Set_TwoFilesWithOneNumber_Refused()
        => Assert.Throws<MigrationException>(() => new MigrationSet("test", [One, new Migration(1, "0001_other.sql", "")]));

    [Fact]
    public async Task Run_DatabaseOfANewerBuild_GoesOn()
    {
        await RunAsync(One, Two);
        await RunAsync(One);
    }

    [Fact]
    public async Task Run_EightInstancesAtOnce_EachMigrationOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => RunAsync(One, Two))));

        Assert.Equal(2, await ScalarAsync<long>("SELECT count(*) FROM schema_migrations"));
        Assert.Equal(1, await ScalarAsync<long>("SELECT count(*) FROM two"));
    }

    [Fact]
    public async Task Run_SourcesWithTheSameNumber_AreCountedApart()
    {
        await new MigrationRunner(_database, NullLogger.Instance).RunAsync(
            [new MigrationSet("a", [One]), new MigrationSet("b", [Two with { Number = 1 }])], TestContext.Current.CancellationToken);

        Assert.Equal(2, await ScalarAsync<long>("SELECT count(*) FROM schema_migrations"));
    }

    [Fact]
    public void Embedded_FilesOfServiceDefaults_AreFoundInOrderAndWithoutCarriageReturns()
    {
        var set = MigrationSet.Embedded(typeof(MigrationSet).Assembly);

        Assert.Equal("ServiceDefaults", set.Source);
        Assert.Equal(["0001_outbox.sql", "0002_inbox.sql", "0003_outbox_watch.sql"], set.Migrations.Select(migration => migration.FileName));
        Assert.All(set.Migrations, migration => Assert.DoesNotContain('\r', migration.Sql));
    }

    [Fact]
    public async Task Start_PostgresComesLater_WaitsAndSaysSoAndMigratesBeforeOtherServicesStart()
    {
        var server = new NpgsqlConnectionStringBuilder(_connectionString);
        await using var proxy = new TcpProxy(server.Host!, server.Port);
        server.Host = "127.0.0.1";
        server.Port = proxy.Port;
        proxy.Cut();
        var log = new LogCapture();
        var tablesAtStart = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var host = DatabaseHost.Build(server.ConnectionString, log, services =>
            services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(_ => new StartProbe(async () =>
                tablesAtStart.SetResult(await ScalarAsync<bool>("SELECT to_regclass('outbox') IS NOT NULL AND to_regclass('inbox') IS NOT NULL"))))));

        var start = host.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(
            () => log.Lines.Count(line => line.Message.StartsWith("Waiting for Postgres", StringComparison.Ordinal)) >= 2, "it waits");
        Assert.False(start.IsCompleted);
        Assert.DoesNotContain(log.Lines, line => line.Message.Contains(server.Password!, StringComparison.Ordinal));
        proxy.Restore();
        await start.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);

        Assert.True(await tablesAtStart.Task);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Start_DatabaseIsMadeLater_Waits()
    {
        var server = new NpgsqlConnectionStringBuilder(_connectionString) { Database = $"later-{Guid.NewGuid():N}" };
        var log = new LogCapture();
        using var host = DatabaseHost.Build(server.ConnectionString, log);

        var start = host.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(
            () => log.Lines.Any(line => line.Message.StartsWith("Waiting for Postgres", StringComparison.Ordinal)), "it waits");
        await ScalarAsync<object?>($"CREATE DATABASE \"{server.Database}\"");

        await start.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Start_WrongPassword_FailsAtOnce()
    {
        var server = new NpgsqlConnectionStringBuilder(_connectionString) { Password = "wrong" };
        using var host = DatabaseHost.Build(server.ConnectionString, new LogCapture());

        var failure = await Assert.ThrowsAsync<PostgresException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(PostgresErrorCodes.InvalidPassword, failure.SqlState);
    }

    private Task RunAsync(params Migration[] migrations)
        => new MigrationRunner(_database, NullLogger.Instance).RunAsync([new MigrationSet("test", migrations)], TestContext.Current.CancellationToken);

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private sealed class StartProbe(Func<Task> probe) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => probe();

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
