using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Local.Processes;

namespace AppHost.Tests.Processes;

public sealed class ProcessLedgerTests
{
    [Fact]
    public async Task Open_RecordOfAnotherProcessWithThatId_LeftAlone()
    {
        using var stranger = StartStranger();
        await using var stack = await StackUnderTest.PersistentAsync();
        var identity = ProcessIdentity.Of(stranger.Id)!;
        // The same id, one tick earlier; and the same tick after another start of the machine.
        foreach (var other in new[] { Earlier(identity), "00000000-0000-0000-0000-000000000000" + identity[identity.IndexOf('/', StringComparison.Ordinal)..] })
        {
            Record(stack, stranger.Id, other);
            await stack.ReopenAsync();
            Assert.True(Until.IsRunning(stranger.Id));
            Assert.Empty(stack.Ledger.CleanedUp);
            Assert.False(File.Exists(Path.Combine(stack.Ledger.Folder, Text(stranger.Id))));
        }

        stranger.Kill();
    }

    [Fact]
    public async Task Open_RecordOfARunningProcess_EndsItAndSaysSo()
    {
        await using var stack = await StackUnderTest.PersistentAsync();
        // A process that this ledger does not know, as after a kill -9 of both AppHost and watchdog.
        using var left = StartStranger();
        await stack.Ledger.DisposeAsync();
        Record(stack, left.Id, ProcessIdentity.Of(left.Id)!);
        await stack.ReopenAsync();
        Assert.Equal(["postgres"], stack.Ledger.CleanedUp);
        Assert.False(Until.IsRunning(left.Id));
    }

    [Fact]
    public async Task Dispose_ChildStillRuns_EndsIt()
    {
        await using var stack = await StackUnderTest.EphemeralAsync();
        var child = await stack.StartShellAsync("trap 'exit 6' TERM; echo ready=1; while :; do sleep 0.05; done");
        await stack.ValueAsync("ready");
        await stack.Ledger.DisposeAsync();
        Assert.Equal(6, await child.Exited);
        Assert.False(Directory.Exists(stack.State.Path));
    }

    [Fact]
    public async Task HostKilled_Ephemeral_NoProcessAndNoFolderLeft()
    {
        using var host = await HostProcess.StartAsync("ephemeral", "shells");
        Assert.True(Directory.Exists(host["state"]));
        await host.KillAsync();
        await Until.GoneAsync(host.IdOf("watchdog"), "the watchdog");
        Assert.DoesNotContain(true, new[] { "leader", "inside", "outside" }.Select(name => Until.IsRunning(host.IdOf(name))));
        Assert.False(Directory.Exists(host["state"]));
        Assert.False(Directory.Exists(host["postgres-data"]));
    }

    [Fact]
    public async Task HostAndWatchdogKilled_NextStart_EndsWhatIsLeft()
    {
        await using var stack = await StackUnderTest.PersistentAsync();
        var folder = Path.GetDirectoryName(stack.State.Path)!;
        await stack.Ledger.DisposeAsync();
        stack.State.Dispose();
        using var host = await HostProcess.StartAsync(folder, "shells");
        await KillBothAsync(host);
        Assert.True(Until.IsRunning(host.IdOf("leader")));
        await stack.ReopenAsync();
        Assert.Equal(["shell"], stack.Ledger.CleanedUp);
        Assert.DoesNotContain(true, new[] { "leader", "inside", "outside" }.Select(name => Until.IsRunning(host.IdOf(name))));
    }

    [Fact]
    public async Task HostAndWatchdogKilled_Ephemeral_NextStartOfAnyStackCleansUp()
    {
        using var host = await HostProcess.StartAsync("ephemeral", "shells");
        await KillBothAsync(host);
        Assert.True(Until.IsRunning(host.IdOf("outside")));
        await using var stack = await StackUnderTest.EphemeralAsync();
        // Another stack's start may have been faster, and may be at it.
        await Until.TrueAsync(() => !Directory.Exists(host["state"]), "the folder's end");
        Assert.DoesNotContain(true, new[] { "leader", "inside", "outside" }.Select(name => Until.IsRunning(host.IdOf(name))));
    }

    [Fact]
    public async Task Open_OtherStackRuns_LeftAlone()
    {
        using var host = await HostProcess.StartAsync("ephemeral", "shells");
        await using (await StackUnderTest.EphemeralAsync())
        {
            Assert.True(Until.IsRunning(host.IdOf("leader")));
            Assert.True(Directory.Exists(host["state"]));
        }

        Assert.True(Until.IsRunning(host.IdOf("outside")));
        await host.KillAsync();
        await Until.GoneAsync(host.IdOf("watchdog"), "the watchdog");
    }

    [Fact]
    public async Task Watchdog_Interrupted_GoesOnWatching()
    {
        await using var stack = await StackUnderTest.EphemeralAsync();
        var watchdog = stack.Ledger.WatchdogId;
        // It ignores signals from its first line on, which it has passed when it closed the streams that it got.
        await Until.TrueAsync(() => new FileInfo($"/proc/{watchdog}/fd/1").LinkTarget == "/dev/null", "the watchdog");
        Assert.True(Signals.Send(watchdog, StopSignal.Interrupt));
        Assert.True(Signals.Send(watchdog, StopSignal.Terminate));
        var child = await stack.StartShellAsync("exec sleep 1000");
        await stack.Ledger.DisposeAsync();
        Assert.Equal(128 + 15, await child.Exited);
    }

    [Fact]
    public async Task Watchdog_Killed_Replaced()
    {
        using var host = await HostProcess.StartAsync("ephemeral", "shells");
        // One that dies within a second of its start is not replaced: it would be a folder that somebody removed.
        await Task.Delay(TimeSpan.FromSeconds(1.1), TestContext.Current.CancellationToken);
        host.KillWatchdog();
        var record = Path.Combine(host["state"], "processes", "watchdog");
        var second = 0;
        await Until.TrueAsync(
            () => int.TryParse(File.ReadAllText(record).Split(' ')[0], CultureInfo.InvariantCulture, out second) && second != host.IdOf("watchdog"), "a second watchdog");
        await host.KillAsync();
        await Until.GoneAsync(second, "the second watchdog");
        Assert.False(Until.IsRunning(host.IdOf("leader")));
    }

    private static Process StartStranger() => Process.Start(new ProcessStartInfo("sleep", ["1000"]) { UseShellExecute = false })!;

    private static async Task KillBothAsync(HostProcess host)
    {
        // The watchdog is held (SIGSTOP) until its AppHost is dead: then it neither acts nor is replaced.
        Assert.True(Signals.Send(host.IdOf("watchdog"), (StopSignal)19));
        await host.KillAsync();
        host.KillWatchdog();
        await Until.GoneAsync(host.IdOf("watchdog"), "the watchdog");
    }

    private static void Record(StackUnderTest stack, int processId, string identity)
        => File.WriteAllText(Path.Combine(stack.Ledger.Folder, Text(processId)), $"{identity} 15 postgres\n");

    private static string Earlier(string identity)
    {
        var slash = identity.IndexOf('/', StringComparison.Ordinal);
        return identity[..(slash + 1)] + (ulong.Parse(identity[(slash + 1)..], CultureInfo.InvariantCulture) - 1).ToString(CultureInfo.InvariantCulture);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
