using System.ComponentModel;
using System.Diagnostics;

namespace Aspire.Hosting.Local.Processes;

/// <summary>
/// A program that runs for AppHost in a process group of its own, and never longer than AppHost: it is in the
/// <see cref="ProcessLedger"/> before it runs its first instruction.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    // The shell waits for AppHost's word, so that a program that no record knows of never runs, then becomes the program.
    // When AppHost dies in between, the word never comes.
    private const string Gate = """read -r go && exec "$@" </dev/null""";

    // dash and others pass on only variables whose names they could use themselves, and "ConnectionStrings__pairing-db" is none;
    // bash passes all. -p: it runs no file that the environment names (BASH_ENV).
    private static readonly string[] Shell = [File.Exists("/bin/bash") ? "/bin/bash" : "/bin/sh", "-p", "-c"];

    // What is left of a group whose leader has died unasked. Also the time for the last lines of somebody who left the group.
    private static readonly TimeSpan LeftoverGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastLinesGrace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan KillGrace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly ChildProcessOptions _options;
    private readonly ProcessLedger _ledger;
    private readonly Process _process;
    private readonly Lock _lines = new();
    private readonly string? _identity;
    private volatile bool _stopping;

    private ChildProcess(ChildProcessOptions options, ProcessLedger ledger, Process process)
    {
        _options = options;
        _ledger = ledger;
        _process = process;
        Id = process.Id;
        StartedAt = TimeProvider.System.GetUtcNow();
        _identity = ledger.Add(Id, options.Name, options.StopSignal);
        Exited = WatchAsync();
    }

    /// <summary>Id of the process, its group and its session.</summary>
    public int Id { get; }

    public DateTimeOffset StartedAt { get; }

    /// <summary>
    /// Exit code (128 + n for an end by signal n). Completes when the process and all of its group have ended and the last line
    /// of output has been handed on.
    /// </summary>
    public Task<int> Exited { get; }

    /// <exception cref="DistributedApplicationException">There is no such program, folder or user.</exception>
    public static Task<ChildProcess> StartAsync(ChildProcessOptions options, ProcessLedger ledger, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var program = ProgramPath.Find(options.FileName)
            ?? throw new DistributedApplicationException($"{options.Name}: there is no program \"{options.FileName}\".");
        if (!Directory.Exists(options.WorkingDirectory))
        {
            throw new DistributedApplicationException($"{options.Name}: there is no folder \"{options.WorkingDirectory}\".");
        }

        var process = new Process { StartInfo = StartInfo(options, program, ledger) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new DistributedApplicationException($"{options.Name}: \"{program}\" cannot be started: {e.Message}", e);
        }

        ChildProcess child;
        try
        {
            child = new ChildProcess(options, ledger, process);
        }
        catch
        {
            // No record, no program: the gate closes.
            process.StandardInput.Close();
            process.Dispose();
            throw;
        }

        child.OpenGate();
        return Task.FromResult(child);
    }

    /// <summary>
    /// Asks the whole group to end and kills what is left of it after <paramref name="grace"/>, or at once when the token is
    /// cancelled. Returns when nothing of it runs any more.
    /// </summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (Exited.IsCompleted)
        {
            return;
        }

        _stopping = true;
        var descendants = Descendants();
        if (OwnsGroup() && !Signals.SendToGroup(Id, _options.StopSignal))
        {
            // Not yet a group: it has not come as far as setsid.
            Signals.Send(Id, _options.StopSignal);
        }

        await ((Task)Exited).WaitAsync(grace, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!Exited.IsCompleted)
        {
            Kill();
            await Exited.WaitAsync(KillGrace, CancellationToken.None);
        }

        // Those that had made themselves independent. (Those that did so after the signal, the ledger's end finds.)
        foreach (var (id, identity) in descendants)
        {
            if (ProcessIdentity.Of(id) == identity)
            {
                Signals.Kill(id);
            }
        }
    }

    /// <summary>Ends the process, its group and all their descendants by force.</summary>
    public void Kill()
    {
        if (!OwnsGroup())
        {
            return;
        }

        _stopping = true;
        var tree = ProcessTable.Tree(Id);
        if (!Signals.KillGroup(Id) && !_process.HasExited)
        {
            Signals.Kill(Id);
        }

        // Postgres's backends and Erlang's port programs are descendants in sessions of their own.
        foreach (var member in tree.Where(member => member != Id))
        {
            Signals.Kill(member);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(KillGrace, CancellationToken.None);
        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(ChildProcessOptions options, string program, ProcessLedger ledger)
    {
        var (fileName, arguments) = NewSession.Command;
        string[] become = options.RunAsUser is { } user
            ? [UserSwitch(options.Name), $"--reuid={user}", $"--regid={user}", "--init-groups", "--"]
            : [];
        var start = new ProcessStartInfo(fileName, [.. arguments, .. become, .. Shell, Gate, options.Name, program, .. options.Arguments])
        {
            WorkingDirectory = options.WorkingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in options.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment[ProcessLedger.Marker] = ledger.Folder;
        return start;
    }

    private static string UserSwitch(string name)
        => ProgramPath.Find("setpriv") ?? throw new DistributedApplicationException($"{name}: to start it as another user, AppHost needs setpriv (of util-linux).");

    private void OpenGate()
    {
        try
        {
            _process.StandardInput.Write("go\n");
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has died already, which Exited tells.
        }
    }

    private async Task<int> WatchAsync()
    {
        var output = Task.WhenAll(PumpAsync(_process.StandardOutput, isError: false), PumpAsync(_process.StandardError, isError: true));
        await _process.WaitForExitAsync();
        await EndLeftoversAsync();
        await output.WaitAsync(LastLinesGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ledger.Remove(Id);
        return _process.ExitCode;
    }

    /// <summary>The leader has ended; the others get time to do the same.</summary>
    private async Task EndLeftoversAsync()
    {
        if (!GroupLives())
        {
            return;
        }

        // While somebody waits in StopAsync, the group has its signal, and it is StopAsync that loses patience.
        var deadline = Stopwatch.StartNew();
        if (!_stopping)
        {
            Signals.SendToGroup(Id, StopSignal.Terminate);
        }

        while (GroupLives())
        {
            if (!_stopping && deadline.Elapsed > LeftoverGrace)
            {
                Kill();
            }

            await Task.Delay(PollInterval);
        }
    }

    private List<(int Id, string? Identity)> Descendants()
        => OwnsGroup() ? [.. ProcessTable.Tree(Id).Where(id => id != Id).Select(id => (id, ProcessIdentity.Of(id))).Where(process => process.Item2 is not null)] : [];

    private bool GroupLives()
        => OwnsGroup() && Signals.GroupExists(Id)
            && (!OperatingSystem.IsLinux() || ProcessTable.Read().Any(p => (p.Group == Id || p.Session == Id) && !p.IsZombie));

    /// <summary>
    /// Whether the group's number is still ours. It stays so after the leader's death while the group has members; when it has
    /// none, the number may by now be that of a stranger.
    /// </summary>
    private bool OwnsGroup() => ProcessIdentity.Of(Id) is not { } current || current == _identity;

    private async Task PumpAsync(StreamReader reader, bool isError)
    {
        try
        {
            await LineReader.ReadAsync(reader.BaseStream, line => HandOn(line, isError));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Closed from our side, after the grace for the last lines.
        }
    }

    private void HandOn(string line, bool isError)
    {
        lock (_lines)
        {
            try
            {
                _options.OnLine?.Invoke(line, isError);
            }
#pragma warning disable CA1031 // Reading must go on whatever the listener does: a full pipe would block the child.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Trace.TraceError($"{_options.Name}: the listener of its output failed: {e}");
            }
        }
    }
}
