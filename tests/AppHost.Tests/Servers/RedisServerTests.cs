using AppHost.Tests.Processes;
using Aspire.Hosting.Local.Processes;
using Aspire.Hosting.Local.Servers;
using StackExchange.Redis;

namespace AppHost.Tests.Servers;

public sealed class RedisServerTests : IAsyncLifetime
{
    private const string Password = "p' \"=\\%$§{}!";

    private readonly int _port = Ports.Free();
    private StackUnderTest _stack = null!;

    public async ValueTask InitializeAsync() => _stack = await StackUnderTest.PersistentAsync();

    public ValueTask DisposeAsync() => _stack.DisposeAsync();

    [Fact]
    public async Task Stop_DataWritten_ThereAfterANewStart()
    {
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        using (var client = await ConnectAsync())
        {
            await client.GetDatabase().StringSetAsync("key", "value");
        }

        await server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await server.Exited);
        await _stack.ReopenAsync();
        await using var next = Server();
        await next.StartAsync(TestContext.Current.CancellationToken);
        using var again = await ConnectAsync();
        Assert.Equal("value", (string?)await again.GetDatabase().StringGetAsync("key"));
    }

    [Fact]
    public async Task Connect_NoOrOtherPassword_Refused()
    {
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        await using var other = new RedisServer("redis", _port, "other", _stack.State, _stack.Ledger, _stack.OnLine);
        var refused = await Assert.ThrowsAsync<IOException>(() => other.CheckHealthAsync(TestContext.Current.CancellationToken));
        Assert.Contains("WRONGPASS", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync($"localhost:{_port}"));
    }

    [Fact]
    public async Task Killed_StartedAgain_AnswersAndRemovesHalfASnapshot()
    {
        await using var server = Server();
        await server.StartAsync(TestContext.Current.CancellationToken);
        Assert.True(Signals.Kill(server.ProcessId!.Value));
        Assert.Equal(128 + 9, await server.Exited);
        await Assert.ThrowsAnyAsync<Exception>(() => server.CheckHealthAsync(TestContext.Current.CancellationToken));
        var half = Path.Combine(_stack.State.For("redis"), "temp-1234.rdb");
        await File.WriteAllTextAsync(half, "half", TestContext.Current.CancellationToken);
        await server.StartAsync(TestContext.Current.CancellationToken);
        await server.CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.False(File.Exists(half));
    }

    [Fact]
    public async Task Start_Ephemeral_WritesNoSnapshot()
    {
        await using var stack = await StackUnderTest.EphemeralAsync();
        await using var server = new RedisServer("redis", _port, Password, stack.State, stack.Ledger, stack.OnLine);
        await server.StartAsync(TestContext.Current.CancellationToken);
        using (var client = await ConnectAsync())
        {
            await client.GetDatabase().StringSetAsync("key", "value");
        }

        await server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Directory.EnumerateFiles(stack.State.For("redis"), "*.rdb"));
    }

    [Fact]
    public async Task Start_SnapshotUnreadable_SaysWhatRedisSaid()
    {
        await File.WriteAllTextAsync(Path.Combine(_stack.State.For("redis"), "dump.rdb"), "not a snapshot at all", TestContext.Current.CancellationToken);
        await using var server = Server();
        var refused = await Assert.ThrowsAsync<Aspire.Hosting.DistributedApplicationException>(() => server.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("signature", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, refused.Message, StringComparison.Ordinal);
    }

    private Task<ConnectionMultiplexer> ConnectAsync()
    {
        var options = new ConfigurationOptions { Password = Password };
        options.EndPoints.Add("localhost", _port);
        return ConnectionMultiplexer.ConnectAsync(options);
    }

    private RedisServer Server() => new("redis", _port, Password, _stack.State, _stack.Ledger, _stack.OnLine);
}
