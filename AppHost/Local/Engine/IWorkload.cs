using Aspire.Hosting.Local.Processes;
using Aspire.Hosting.Local.Servers;

namespace Aspire.Hosting.Local.Engine;

/// <summary>What a supervisor starts, again and again if need be.</summary>
internal interface IWorkload
{
    /// <summary>What a person would call it: a project's path, a command line.</summary>
    string Source { get; }

    Task<IRun> StartAsync(CancellationToken cancellationToken);
}

/// <summary>One run, from start to end.</summary>
internal interface IRun : IAsyncDisposable
{
    int? ProcessId { get; }

    IBackingServer? Server => null;

    /// <summary>The exit code, once it has ended.</summary>
    Task<int> Exited { get; }

    /// <summary>Asks it to end, and kills it after <paramref name="grace"/>.</summary>
    Task StopAsync(TimeSpan grace);
}

/// <summary>A database on a server, or something that lives outside: there is nothing to start, only something to ask.</summary>
internal sealed class ExistingWorkload(string source) : IWorkload
{
    public string Source => source;

    public Task<IRun> StartAsync(CancellationToken cancellationToken) => Task.FromResult<IRun>(new Run());

    private sealed class Run : IRun
    {
        private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int? ProcessId => null;

        public Task<int> Exited => _exited.Task;

        public Task StopAsync(TimeSpan grace)
        {
            _exited.TrySetResult(0);
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>One of this machine's own servers.</summary>
internal sealed class ServerWorkload(IBackingServer server) : IWorkload
{
    public string Source => server.Version is { Length: > 0 } version ? $"{server.GetType().Name} {version}" : server.GetType().Name;

    public async Task<IRun> StartAsync(CancellationToken cancellationToken)
    {
        await server.StartAsync(cancellationToken);
        return new Run(server);
    }

    private sealed class Run(IBackingServer server) : IRun
    {
        public int? ProcessId => server.ProcessId;

        public IBackingServer Server => server;

        public Task<int> Exited { get; } = server.Exited;

        public async Task StopAsync(TimeSpan grace)
        {
            using var limit = new CancellationTokenSource(grace);
            await server.StopAsync(limit.Token);
        }

        // The server is started again after its end; the engine disposes of it.
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>A project or a program.</summary>
internal sealed class ProcessWorkload(string source, Func<CancellationToken, Task<ChildProcessOptions>> options, ProcessLedger ledger) : IWorkload
{
    public string Source => source;

    public async Task<IRun> StartAsync(CancellationToken cancellationToken)
        => new Run(await ChildProcess.StartAsync(await options(cancellationToken), ledger, cancellationToken));

    private sealed class Run(ChildProcess process) : IRun
    {
        public int? ProcessId => process.Id;

        public Task<int> Exited => process.Exited;

        public Task StopAsync(TimeSpan grace) => process.StopAsync(grace, CancellationToken.None);

        public ValueTask DisposeAsync() => process.DisposeAsync();
    }
}
