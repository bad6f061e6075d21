using System.Diagnostics;
using System.Globalization;
using AppHost.Tests.Processes;
using Aspire.Hosting;
using Aspire.Hosting.Local.Processes;
using Aspire.Hosting.Local.Servers;
using Npgsql;

namespace AppHost.Tests.Servers;

public sealed class PostgresServerTests : IAsyncLifetime
{
    // Every character that a command line, a connection string, a SQL literal or a password file could trip over.
    private const string Password = "p' \";=\\%$§-.{}~()*+!";

    private readonly int _port = Ports.Free();
    private StackUnderTest _stack = null!;

    public async ValueTask InitializeAsync() => _stack = await StackUnderTest.PersistentAsync();

    public ValueTask DisposeAsync() => _stack.DisposeAsync();

    [Fact]
    public async Task Start_NewData_TakesConnectionsAndSaysItsVersion()
    {
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        await server.CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(server.Version, (await ScalarAsync("SHOW server_version"))!.ToString()!.Split(' ')[0]);
        Assert.Equal("UTF8", await ScalarAsync("SHOW server_encoding"));
        Assert.Equal("400", await ScalarAsync("SHOW max_connections"));
        Assert.Equal("on", await ScalarAsync("SHOW fsync"));
        Assert.True(Until.IsRunning(server.ProcessId!.Value));
    }

    [Fact]
    public async Task Connect_OtherPassword_Refused()
    {
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync("SELECT 1", password: "other"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }

    [Theory]
    [InlineData("pairing-db")]
    [InlineData("quoted \" and 'single'")]
    public async Task CreateDatabase_TwentyAtOnceAndAgain_ExistsOnce(string database)
    {
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.CreateDatabaseAsync(database, TestContext.Current.CancellationToken)));
        await server.CreateDatabaseAsync(database, TestContext.Current.CancellationToken);
        Assert.Equal(database, await ScalarAsync("SELECT current_database()", database));
    }

    [Fact]
    public async Task Stop_ClientConnected_EndsFastAndKeepsTheData()
    {
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        await using var client = new NpgsqlConnection(ConnectionString());
        await client.OpenAsync(TestContext.Current.CancellationToken);
        await ScalarAsync("CREATE TABLE kept AS SELECT 1 AS value");
        await server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await server.Exited);
        Assert.Null(server.ProcessId);

        await _stack.ReopenAsync();
        await using var next = Server();
        await next.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, await ScalarAsync("SELECT value FROM kept"));
    }

    [Fact]
    public async Task Start_DataHasOtherPassword_SaysWhatToDo()
    {
        await using (var server = Server())
        {
            await server.StartAsync(TestContext.Current.CancellationToken);
        }

        await using var other = Server(password: "other");
        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(() => other.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Parameters__postgres_password", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"rm -r {_stack.State.PostgresData}/postgres", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("other\"", refused.ToString(), StringComparison.Ordinal);
        Assert.Null(other.ProcessId);
    }

    [Fact]
    public async Task Start_DataOfNewerVersion_SaysWhatToDo()
    {
        var data = Directory.CreateDirectory(Path.Combine(_stack.State.PostgresData, "postgres"));
        await File.WriteAllTextAsync(Path.Combine(data.FullName, "PG_VERSION"), "99\n", TestContext.Current.CancellationToken);
        await using var server = Server();
        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(() => server.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("belongs to Postgres 99", refused.Message, StringComparison.Ordinal);
        Assert.Contains(data.FullName, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_PortTaken_SaysByWhom()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, _port);
        taken.Start();
        await using var server = Server();
        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(() => server.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_WhileAClientWorks_NextStartRecovers()
    {
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        await ScalarAsync("CREATE TABLE kept AS SELECT 2 AS value");
        // A backend that is busy does not notice that its postmaster is dead, and keeps the data folder occupied.
        var busy = ScalarAsync("SELECT count(*) FROM generate_series(1, 1000000000000)");
        var backend = 0;
        await Until.TrueAsync(() => (backend = BusyBackend(server.ProcessId!.Value)) != 0, "the busy backend");
        Assert.True(Signals.Kill(server.ProcessId!.Value));
        Assert.Equal(128 + 9, await server.Exited);
        Assert.True(Until.IsRunning(backend));

        await server.StartAsync(TestContext.Current.CancellationToken);
        Assert.False(Until.IsRunning(backend));
        Assert.Equal(2, await ScalarAsync("SELECT value FROM kept"));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => busy);
    }

    [Fact]
    public async Task Start_LockFileNamesAStranger_StartsAndLeavesItAlone()
    {
        await using (var first = Server())
        {
            await first.StartAsync(TestContext.Current.CancellationToken);
        }

        // A process of the same user, so that Postgres itself would believe that it is its own predecessor.
        string[] become = Environment.IsPrivilegedProcess ? ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", "sleep", "1000"] : ["--", "sleep", "1000"];
        using var stranger = Process.Start(new ProcessStartInfo("setpriv", become) { UseShellExecute = false })!;
        await Until.TrueAsync(() => File.ReadAllText($"/proc/{stranger.Id}/comm").Trim() == "sleep", "the stranger");
        await File.WriteAllTextAsync(
            Path.Combine(_stack.State.PostgresData, "postgres", "postmaster.pid"), string.Create(CultureInfo.InvariantCulture, $"{stranger.Id}\n"), TestContext.Current.CancellationToken);
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        Assert.True(Until.IsRunning(stranger.Id));
        stranger.Kill();
    }

    private static int BusyBackend(int postmaster)
        => ProcessTable.Read().FirstOrDefault(process => process.Parent == postmaster && process.State == 'R' && CommandLine(process.Id).Contains("SELECT", StringComparison.Ordinal)).Id;

    private static string CommandLine(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private PostgresServer Server(string password = Password) => new("postgres", _port, "postgres", password, _stack.State, _stack.Ledger, _stack.OnLine);

    private string ConnectionString(string database = "postgres", string password = Password)
        => new NpgsqlConnectionStringBuilder { Host = "localhost", Port = _port, Username = "postgres", Password = password, Database = database, Pooling = false, CommandTimeout = 0 }.ConnectionString;

    private async Task<object?> ScalarAsync(string sql, string database = "postgres", string password = Password)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database, password));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
#pragma warning disable CA2100 // The test's own text.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
