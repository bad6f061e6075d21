using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.Local.Processes;

namespace AppHost.Tests.Processes;

public sealed class ChildProcessTests : IAsyncLifetime
{
    private static readonly TimeSpan LongGrace = TimeSpan.FromMinutes(2);

    private StackUnderTest _stack = null!;

    private static CancellationToken Cancelled => new(canceled: true);

    public async ValueTask InitializeAsync() => _stack = await StackUnderTest.EphemeralAsync();

    public ValueTask DisposeAsync() => _stack.DisposeAsync();

    [Fact]
    public async Task Start_NoSuchProgram_RefusedWithItsName()
    {
        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(() => _stack.StartShellAsync("", options => options with { FileName = "no-such-program" }));
        Assert.Contains("no-such-program", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Records());
    }

    [Fact]
    public async Task Start_NoSuchFolder_RefusedWithItsName()
    {
        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(() => _stack.StartShellAsync("", options => options with { WorkingDirectory = "/no/such/folder" }));
        Assert.Contains("/no/such/folder", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_LedgerClosed_ProgramNeverRuns()
    {
        var witness = Path.Combine(_stack.State.Path, "ran");
        await using var other = await StackUnderTest.EphemeralAsync();
        await other.Ledger.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => ChildProcess.StartAsync(
                new ChildProcessOptions { Name = "late", FileName = "touch", Arguments = [witness], WorkingDirectory = "/" }, other.Ledger, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(witness));
    }

    [Fact]
    public async Task Exited_ProgramEnds_GivesItsCodeAndForgetsIt()
    {
        await using var child = await _stack.StartShellAsync("exit 7");
        Assert.Equal(7, await child.Exited);
        Assert.Empty(Records());
    }

    [Fact]
    public async Task Output_ManyLinesOnBothStreams_AllInOrderBeforeExited()
    {
        var output = new List<string>();
        var errors = new List<string>();
        await using var child = await _stack.StartShellAsync(
            "i=0; while [ $i -lt 20000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done; printf last",
            options => options with { OnLine = (line, isError) => (isError ? errors : output).Add(line) });
        await child.Exited;
        Assert.Equal([.. Enumerable.Range(0, 20000).Select(i => $"out {i}"), "last"], output);
        Assert.Equal(Enumerable.Range(0, 20000).Select(i => $"err {i}"), errors);
    }

    [Fact]
    public async Task Output_ListenerFails_ReadingGoesOn()
    {
        var seen = 0;
        await using var child = await _stack.StartShellAsync(
            "i=0; while [ $i -lt 20000 ]; do echo a line that would fill the pipe; i=$((i+1)); done",
            options => options with { OnLine = (_, _) => throw new InvalidOperationException($"line {++seen}") });
        Assert.Equal(0, await child.Exited);
        Assert.Equal(20000, seen);
    }

    [Fact]
    public async Task Input_ReadByProgram_IsAtItsEnd()
    {
        await using var child = await _stack.StartShellAsync("cat; echo at the end");
        Assert.Equal(0, await child.Exited);
        Assert.Equal(["at the end"], _stack.Lines);
    }

    [Fact]
    public async Task Environment_SetAndRemoved_LaidOverTheInheritedOne()
    {
        await using var child = await _stack.StartShellAsync(
            "echo set=$ADDED; echo home=${HOME-none}; echo path=${PATH:+inherited}",
            options => options with { Environment = new Dictionary<string, string?> { ["ADDED"] = "a b", ["HOME"] = null } });
        await child.Exited;
        Assert.Equal(["set=a b", "home=none", "path=inherited"], _stack.Lines);
    }

    [Fact]
    public async Task Start_Program_LeadsASessionOfItsOwn()
    {
        await using var child = await _stack.StartShellAsync("echo self=$$; sleep 1000");
        var self = int.Parse(await _stack.ValueAsync("self"), CultureInfo.InvariantCulture);
        var entry = ProcessTable.Find(child.Id);
        Assert.Equal(child.Id, self);
        Assert.Equal((child.Id, child.Id), (entry!.Value.Group, entry.Value.Session));
    }

    [Fact]
    public async Task Stop_Grandchildren_GetTheSignalToo()
    {
        var child = await _stack.StartShellAsync("sh -c 'trap \"echo grandchild stops; exit 0\" TERM; echo grandchild=$$; while :; do sleep 0.05; done' & trap 'wait; exit 3' TERM; wait");
        var grandchild = int.Parse(await _stack.ValueAsync("grandchild"), CultureInfo.InvariantCulture);
        await child.StopAsync(LongGrace, TestContext.Current.CancellationToken);
        Assert.Equal(3, await child.Exited);
        Assert.Contains("grandchild stops", _stack.Lines);
        Assert.False(Until.IsRunning(grandchild));
    }

    [Fact]
    public async Task Stop_LeaderEndsFirst_GrandchildMayFinish()
    {
        var child = await _stack.StartShellAsync("sh -c 'trap \"sleep 0.5; echo finished; exit 0\" TERM; echo grandchild=$$; while :; do sleep 0.05; done' & wait");
        await _stack.ValueAsync("grandchild");
        await child.StopAsync(LongGrace, TestContext.Current.CancellationToken);
        Assert.Contains("finished", _stack.Lines);
    }

    [Fact]
    public async Task Stop_GrandchildInItsOwnSession_EndsToo()
    {
        var child = await _stack.StartShellAsync("setsid sh -c 'echo grandchild=$$; exec sleep 1000' & wait");
        var grandchild = int.Parse(await _stack.ValueAsync("grandchild"), CultureInfo.InvariantCulture);
        Assert.NotEqual(child.Id, ProcessTable.Find(grandchild)!.Value.Group);
        await child.StopAsync(LongGrace, TestContext.Current.CancellationToken);
        await Until.GoneAsync(grandchild, "the grandchild");
    }

    [Fact]
    public async Task Stop_SignalIgnored_KilledAfterTheGrace()
    {
        var child = await _stack.StartShellAsync("trap '' TERM; sh -c 'echo grandchild=$$; while :; do sleep 0.05; done'");
        var grandchild = int.Parse(await _stack.ValueAsync("grandchild"), CultureInfo.InvariantCulture);
        await child.StopAsync(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        Assert.Equal(128 + 9, await child.Exited);
        Assert.False(Until.IsRunning(grandchild));
    }

    [Fact]
    public async Task Stop_TokenCancelled_KilledAtOnce()
    {
        var child = await _stack.StartShellAsync("trap '' TERM; echo ready=1; while :; do sleep 0.05; done");
        await _stack.ValueAsync("ready");
        await child.StopAsync(LongGrace, Cancelled);
        Assert.Equal(128 + 9, await child.Exited);
    }

    [Fact]
    public async Task Stop_OtherSignalAsked_ProgramGetsThatOne()
    {
        var child = await _stack.StartShellAsync(
            "trap 'exit 4' INT; trap 'exit 5' TERM; echo ready=1; while :; do sleep 0.05; done", options => options with { StopSignal = StopSignal.Interrupt });
        await _stack.ValueAsync("ready");
        await child.StopAsync(LongGrace, TestContext.Current.CancellationToken);
        Assert.Equal(4, await child.Exited);
    }

    [Fact]
    public async Task Stop_RightAfterStart_Ends()
    {
        // At this moment the child may not yet be in a group of its own.
        for (var i = 0; i < 20; i++)
        {
            var child = await _stack.StartShellAsync("exec sleep 1000");
            await child.StopAsync(LongGrace, TestContext.Current.CancellationToken);
            Assert.True(child.Exited.IsCompleted);
        }
    }

    [Fact]
    public async Task Stop_AlreadyEnded_DoesNothing()
    {
        var child = await _stack.StartShellAsync("exit 0");
        await child.Exited;
        await child.StopAsync(LongGrace, TestContext.Current.CancellationToken);
        child.Kill();
        Assert.Equal(0, await child.Exited);
    }

    [Fact]
    public async Task Exited_LeaderKilled_RestOfTheGroupIsEnded()
    {
        var child = await _stack.StartShellAsync("sleep 1000 & echo grandchild=$!; wait");
        var grandchild = int.Parse(await _stack.ValueAsync("grandchild"), CultureInfo.InvariantCulture);
        Assert.True(Signals.Kill(child.Id));
        Assert.Equal(128 + 9, await child.Exited);
        Assert.False(Until.IsRunning(grandchild));
    }

    [Fact]
    public async Task Exited_DaemonKeepsThePipeOpen_CompletesAllTheSame()
    {
        var child = await _stack.StartShellAsync("setsid sh -c 'echo daemon=$$; exec sleep 1000' & sleep 0.2; exit 0");
        Assert.Equal(0, await child.Exited);
        var daemon = int.Parse(await _stack.ValueAsync("daemon"), CultureInfo.InvariantCulture);
        await _stack.Ledger.DisposeAsync();
        await Until.GoneAsync(daemon, "the daemon");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public void Signal_NotAChild_Refused(int processId)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Signals.Kill(processId));
        Assert.Throws<ArgumentOutOfRangeException>(() => Signals.SendToGroup(processId, StopSignal.Terminate));
    }

    private IEnumerable<string> Records() => Directory.EnumerateFiles(_stack.Ledger.Folder).Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0]))!;
}
