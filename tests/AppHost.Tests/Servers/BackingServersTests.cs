using AppHost.Tests.Processes;
using Aspire.Hosting.Local.Processes;
using Aspire.Hosting.Local.Servers;

namespace AppHost.Tests.Servers;

/// <summary>What holds for the three servers together.</summary>
public sealed class BackingServersTests
{
    private const string Secret = "a-secret-that-nobody-may-see";

    // Loopback as /proc/net/tcp and tcp6 write it, in the byte order of the machine.
    private static readonly string[] LoopbackAddresses = ["0100007F", "00000000000000000000000001000000"];

    [Fact]
    public async Task TwoStacks_SideBySide_ApartFromEachOtherAndClosedToTheOutside()
    {
        await using var first = await StackUnderTest.EphemeralAsync();
        await using var second = await StackUnderTest.EphemeralAsync();
        var servers = Servers(first).Concat(Servers(second)).ToList();
        await Task.WhenAll(servers.Select(server => server.StartAsync(TestContext.Current.CancellationToken)));
        await Task.WhenAll(servers.Select(server => server.CheckHealthAsync(TestContext.Current.CancellationToken)));

        var processes = Descendants();
        Assert.True(processes.Count > 20, $"{processes.Count} processes");
        AssertLoopbackOnly(processes);
        AssertSecretOnNoCommandLine(processes);
        AssertPrivate(first);
        Assert.DoesNotContain(Secret, string.Concat(first.Lines), StringComparison.Ordinal);

        await Task.WhenAll(servers.Take(3).Select(server => server.StopAsync(TestContext.Current.CancellationToken)));
        await Task.WhenAll(servers.Skip(3).Select(server => server.CheckHealthAsync(TestContext.Current.CancellationToken)));
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task HostKilled_ServersRun_NothingLeft()
    {
        using var host = await HostProcess.StartAsync("ephemeral", "servers");
        var processes = Descendants(host.IdOf("postgres"), host.IdOf("redis"), host.IdOf("rabbitmq"));
        Assert.True(processes.Count > 8, $"{processes.Count} processes");
        await host.KillAsync();
        await Until.GoneAsync(host.IdOf("watchdog"), "the watchdog");
        Assert.DoesNotContain(true, processes.Select(process => process.Id == Environment.ProcessId || Until.IsRunning(process.Id)));
        Assert.DoesNotContain(ProcessTable.Read(), process => CommandOf(process.Id).Contains(host["state"], StringComparison.Ordinal));
        Assert.False(Directory.Exists(host["state"]));
        Assert.False(Directory.Exists(host["postgres-data"]));
    }

    private static IBackingServer[] Servers(StackUnderTest stack) =>
    [
        new PostgresServer("postgres", Ports.Free(), "postgres", Secret, stack.State, stack.Ledger, stack.OnLine),
        new RedisServer("redis", Ports.Free(), Secret, stack.State, stack.Ledger, stack.OnLine),
        new RabbitMQServer("rabbitmq", Ports.Free(), Ports.Free(), "guest", Secret, stack.State, stack.Ledger, stack.OnLine),
    ];

    private static List<ProcessEntry> Descendants(params int[] leaders)
    {
        var table = ProcessTable.Read();
        var members = (leaders.Length == 0 ? [Environment.ProcessId] : leaders).SelectMany(ProcessTable.Tree).ToHashSet();
        return [.. table.Where(process => members.Contains(process.Id) && process.Id != Environment.ProcessId)];
    }

    private static void AssertLoopbackOnly(List<ProcessEntry> processes)
    {
        var sockets = processes.SelectMany(process => SocketsOf(process.Id)).ToHashSet(StringComparer.Ordinal);
        var listening = ListeningSockets.All().Where(socket => sockets.Contains($"socket:[{socket.Inode}]")).ToList();
        // Of each stack: Postgres, Redis, AMQP, distribution and epmd on at least one address, and the management page.
        Assert.True(listening.Count >= 12, string.Join(", ", listening));
        Assert.All(listening, socket => Assert.Contains(socket.Address, LoopbackAddresses));
    }

    private static void AssertSecretOnNoCommandLine(List<ProcessEntry> processes)
        => Assert.All(processes, process => Assert.DoesNotContain(Secret, CommandOf(process.Id), StringComparison.Ordinal));

    /// <summary>No file of a stack can be read by others; a folder that lets them pass holds none.</summary>
    private static void AssertPrivate(StackUnderTest stack)
    {
        const UnixFileMode others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        Assert.Equal(UnixFileMode.None, new DirectoryInfo(stack.State.Path).UnixFileMode & (others | UnixFileMode.OtherExecute));
        foreach (var file in new[] { "redis/redis.conf", "rabbitmq/rabbitmq.conf", "rabbitmq/definitions.json", "rabbitmq/.erlang.cookie" })
        {
            Assert.Equal(UnixFileMode.None, new FileInfo(Path.Combine(stack.State.Path, file)).UnixFileMode & others);
        }

        Assert.Equal(UnixFileMode.None, new DirectoryInfo(stack.State.PostgresData).UnixFileMode & others);
        Assert.All(Directory.EnumerateDirectories(stack.State.PostgresData), folder => Assert.Equal(UnixFileMode.None, new DirectoryInfo(folder).UnixFileMode & (others | UnixFileMode.OtherExecute)));
        Assert.Empty(Directory.EnumerateFiles(stack.State.PostgresData));
    }

    private static IEnumerable<string> SocketsOf(int processId)
    {
        try
        {
            return [.. Directory.EnumerateFiles($"/proc/{processId}/fd").Select(path => new FileInfo(path).LinkTarget).OfType<string>()];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string CommandOf(int processId)
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
}
