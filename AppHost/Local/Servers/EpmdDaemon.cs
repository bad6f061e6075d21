using System.Globalization;
using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>
/// Erlang's port mapper, which every node needs: one for this stack, on a port of its own, that ends with the stack. When it dies,
/// it is started again at once, or the node would start one that nobody ends.
/// </summary>
internal sealed class EpmdDaemon(string name, ProcessLedger ledger, Action<string, bool> onLine)
{
    /// <summary>At most one start in this time, should it be unable to run.</summary>
    private static readonly TimeSpan RestartInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private CancellationTokenSource? _stopping;
    private Task _supervision = Task.CompletedTask;

    public int Port { get; private set; }

    public async Task StartAsync(string workingDirectory, CancellationToken cancellationToken)
    {
        await StopAsync();
        Port = Ports.Free();
        var stopping = new CancellationTokenSource();
        lock (_gate)
        {
            _stopping = stopping;
        }

        var options = new ChildProcessOptions
        {
            Name = name + "-epmd",
            FileName = Program(),
            WorkingDirectory = workingDirectory,
            OnLine = onLine,
            // It always listens on ::1 beside 127.0.0.1 where there is one.
            Arguments = ["-port", Port.ToString(CultureInfo.InvariantCulture), "-address", "127.0.0.1"],
        };
        var process = await ChildProcess.StartAsync(options, ledger, cancellationToken);
        _supervision = SuperviseAsync(process, options, stopping.Token);
    }

    public async Task StopAsync()
    {
        CancellationTokenSource? stopping;
        lock (_gate)
        {
            (stopping, _stopping) = (_stopping, null);
        }

        if (stopping is not null)
        {
            await stopping.CancelAsync();
            await _supervision;
            stopping.Dispose();
        }
    }

    private static string Program()
        => ProgramPath.Find("epmd") ?? throw new DistributedApplicationException("RabbitMQ needs Erlang's epmd, which is not on PATH.");

    private async Task SuperviseAsync(ChildProcess process, ChildProcessOptions options, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await Task.WhenAny(process.Exited, Task.Delay(Timeout.Infinite, stopping));
                await process.DisposeAsync();
                if (stopping.IsCancellationRequested)
                {
                    return;
                }

                if (TimeProvider.System.GetUtcNow() - process.StartedAt < RestartInterval)
                {
                    await Task.Delay(RestartInterval, stopping);
                }

                process = await ChildProcess.StartAsync(options, ledger, stopping);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Stopped between two of them, or the ledger has ended everything.
        }
    }
}
