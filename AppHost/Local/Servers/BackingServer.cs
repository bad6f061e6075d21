using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>What the three servers have in common: one process that is started, waited for, and stopped.</summary>
internal abstract class BackingServer : IBackingServer
{
    /// <summary>How long a server may take until it answers. Long, because it may have to recover much data after a crash.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan HealthLimit = TimeSpan.FromSeconds(3);
    private const int LastLines = 10;

    private readonly Queue<string> _lastLines = new();
    private readonly Action<string, bool> _onLine;
    private ChildProcess? _process;

    protected BackingServer(string name, int port, StateFolder state, ProcessLedger ledger, Action<string, bool> onLine)
    {
        Name = name;
        Port = port;
        State = state;
        Ledger = ledger;
        _onLine = onLine;
    }

    public string Name { get; }

    public string Version { get; protected set; } = "";

    public int? ProcessId => _process is { Exited.IsCompleted: false } running ? running.Id : null;

    public Task<int> Exited => _process?.Exited ?? throw new InvalidOperationException($"{Name} has not been started.");

    protected int Port { get; }

    protected StateFolder State { get; }

    protected ProcessLedger Ledger { get; }

    /// <summary>What the program is called in messages.</summary>
    protected abstract string Product { get; }

    protected virtual TimeSpan StopGrace => TimeSpan.FromSeconds(10);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (ProcessId is { } id)
        {
            throw new InvalidOperationException($"{Name} already runs as process {id}.");
        }

        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }

        lock (_lastLines)
        {
            _lastLines.Clear();
        }

        if (Ports.OwnerOf(Port) is { } owner)
        {
            throw new DistributedApplicationException($"{Name}: port {Port} of this machine is taken by {owner}.");
        }

        try
        {
            var options = await PrepareAsync(cancellationToken);
            _process = await ChildProcess.StartAsync(options with { Name = Name, OnLine = OnLine }, Ledger, cancellationToken);
            await WaitUntilReadyAsync(_process, cancellationToken);
        }
        catch
        {
            await StopAsync(cancellationToken);
            throw;
        }
    }

    public async Task CheckHealthAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HealthLimit);
        try
        {
            await ConnectAsync(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{Product} did not answer within {HealthLimit.TotalSeconds:0} s.", e);
        }
    }

    public virtual async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_process is not null)
        {
            await _process.StopAsync(StopGrace, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    /// <summary>Makes data folder and configuration, and says what to start. Name and listener are filled in by the caller.</summary>
    protected abstract Task<ChildProcessOptions> PrepareAsync(CancellationToken cancellationToken);

    /// <summary>One real, authenticated connection.</summary>
    /// <exception cref="DistributedApplicationException">It was refused for a reason that waiting does not mend.</exception>
    protected abstract Task ConnectAsync(CancellationToken cancellationToken);

    /// <summary>For every process of this server, so that the listener is called by one at a time.</summary>
    protected void OnLine(string line, bool isError)
    {
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > LastLines)
            {
                _lastLines.Dequeue();
            }

            _onLine(line, isError);
        }
    }

    /// <summary>What the server itself said last, as the end of a message.</summary>
    protected string LastWords()
    {
        lock (_lastLines)
        {
            return _lastLines.Count == 0 ? "" : new StringBuilder(" Its last lines:").Append(string.Concat(_lastLines.Select(line => "\n  " + line))).ToString();
        }
    }

    private async Task WaitUntilReadyAsync(ChildProcess process, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (process.Exited.IsCompleted)
            {
                throw new DistributedApplicationException($"{Name}: {Product} ended with exit code {await process.Exited} while it started.{LastWords()}");
            }

            try
            {
                // A port that nobody listens on costs less to find out than an exception of the client library.
                if (await AcceptsAsync(cancellationToken))
                {
                    await CheckHealthAsync(cancellationToken);
                    return;
                }
            }
            catch (Exception e) when (e is not DistributedApplicationException && !cancellationToken.IsCancellationRequested)
            {
                // Not yet.
            }

            if (waited.Elapsed > StartLimit)
            {
                throw new DistributedApplicationException($"{Name}: {Product} did not take connections within {StartLimit.TotalMinutes:0} minutes.{LastWords()}");
            }

            await Task.WhenAny(process.Exited, Task.Delay(PollInterval, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<bool> AcceptsAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Loopback.Addresses[0], Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
