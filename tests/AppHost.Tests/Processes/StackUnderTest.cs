using System.Collections.Concurrent;
using Aspire.Hosting.Local.Processes;

namespace AppHost.Tests.Processes;

/// <summary>State folder and ledger of a stack that is gone after the test.</summary>
public sealed class StackUnderTest : IAsyncDisposable
{
    private readonly string? _appHostDirectory;

    private StackUnderTest(string? appHostDirectory, StateFolder state, ProcessLedger ledger)
    {
        _appHostDirectory = appHostDirectory;
        State = state;
        Ledger = ledger;
    }

    internal StateFolder State { get; private set; }

    internal ProcessLedger Ledger { get; private set; }

    /// <summary>Output of whoever got <see cref="OnLine"/>.</summary>
    public ConcurrentQueue<string> Lines { get; } = new();

    public static async Task<StackUnderTest> EphemeralAsync()
    {
        var state = StateFolder.Open(Path.GetTempPath(), ephemeral: true);
        return new StackUnderTest(null, state, await ProcessLedger.OpenAsync(state, TestContext.Current.CancellationToken));
    }

    /// <summary>One that keeps its data over <see cref="ReopenAsync"/>.</summary>
    public static async Task<StackUnderTest> PersistentAsync()
    {
        var folder = Directory.CreateTempSubdirectory("apphost-tests-").FullName;
        var state = StateFolder.Open(folder, ephemeral: false);
        return new StackUnderTest(folder, state, await ProcessLedger.OpenAsync(state, TestContext.Current.CancellationToken));
    }

    /// <summary>What a second start of AppHost does.</summary>
    public async Task ReopenAsync()
    {
        await Ledger.DisposeAsync();
        State.Dispose();
        State = StateFolder.Open(_appHostDirectory!, ephemeral: false);
        Ledger = await ProcessLedger.OpenAsync(State, TestContext.Current.CancellationToken);
    }

    internal Task<ChildProcess> StartShellAsync(string script, Func<ChildProcessOptions, ChildProcessOptions>? change = null)
    {
        var options = new ChildProcessOptions { Name = "shell", FileName = "sh", WorkingDirectory = "/", Arguments = ["-c", script], OnLine = OnLine };
        return ChildProcess.StartAsync(change?.Invoke(options) ?? options, Ledger, TestContext.Current.CancellationToken);
    }

    public void OnLine(string line, bool isError) => Lines.Enqueue(line);

    /// <summary>The value of the first line <c>name=value</c>.</summary>
    public async Task<string> ValueAsync(string name)
    {
        await Until.TrueAsync(() => Lines.Any(line => line.StartsWith(name + "=", StringComparison.Ordinal)), $"a line {name}=…");
        return Lines.First(line => line.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
    }

    public async ValueTask DisposeAsync()
    {
        var postgresData = State.PostgresData;
        await Ledger.DisposeAsync();
        State.Dispose();
        foreach (var folder in new[] { _appHostDirectory, postgresData }.Where(Directory.Exists))
        {
            Directory.Delete(folder!, recursive: true);
        }
    }
}
