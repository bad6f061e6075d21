using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Local.Processes;

/// <summary>
/// Knows on disk what runs for this stack, so that nothing outlives AppHost: a watchdog ends the recorded processes when AppHost
/// dies, and whatever it could not do, the next start does. A record names the process so that another one that later got the
/// same id is left alone. Disposing it ends what still runs, and removes an ephemeral stack's folders.
/// </summary>
internal sealed class ProcessLedger : IAsyncDisposable
{
    /// <summary>Environment variable that every child hands down to its descendants; holds <see cref="Folder"/>.</summary>
    public const string Marker = "PLATFORM_PROCESSES";

    private const string WatchdogName = "watchdog";

    /// <summary>A graceful end after a crash.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly StateFolder _state;
    private readonly Lock _gate = new();
    private Process? _watchdog;
    private long _watchdogStarted;
    private bool _closed;

    private ProcessLedger(StateFolder state, IReadOnlyList<string> cleanedUp)
    {
        _state = state;
        CleanedUp = cleanedUp;
    }

    public string Folder => _state.Processes;

    /// <summary>Names of the processes that an earlier AppHost had left running, and that are ended now.</summary>
    public IReadOnlyList<string> CleanedUp { get; }

    /// <summary>Id of the watchdog.</summary>
    internal int WatchdogId => _watchdog!.Id;

    /// <summary>Ends what an earlier AppHost has left behind, here and in ephemeral folders, and begins to watch over this one.</summary>
    public static async Task<ProcessLedger> OpenAsync(StateFolder state, CancellationToken cancellationToken)
    {
        PrepareFolder(state);
        var cleanedUp = await CleanUpAsync(state, cancellationToken);
        await CleanUpAbandonedAsync(state, cancellationToken);
        var ledger = new ProcessLedger(state, cleanedUp);
        ledger.StartWatchdog();
        return ledger;
    }

    /// <summary>Records a process; returns its <see cref="ProcessIdentity"/>.</summary>
    public string? Add(int processId, string name, StopSignal signal)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        var identity = ProcessIdentity.Of(processId);
        if (identity is not null)
        {
            PrivateFiles.Write(RecordOf(processId), string.Create(CultureInfo.InvariantCulture, $"{identity} {(int)signal} {name.ReplaceLineEndings(" ")}\n"));
        }

        return identity;
    }

    public void Remove(int processId) => PrivateFiles.Delete(RecordOf(processId));

    public async ValueTask DisposeAsync()
    {
        Process watchdog;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            watchdog = _watchdog!;
        }

        // The normal end is the same as the crash, only that there is nothing left to do.
        watchdog.StandardInput.Close();
        await watchdog.WaitForExitAsync();
        watchdog.Dispose();
        PrivateFiles.Delete(WatchdogRecordIn(_state));
    }

    private static void PrepareFolder(StateFolder state)
    {
        PrivateFiles.CreateFolder(state.Processes);
        PrivateFiles.Write(ScriptIn(state), CleanupScript.Text);
    }

    private static string ScriptIn(StateFolder state) => Path.Combine(state.Processes, "cleanup.sh");

    private static string WatchdogRecordIn(StateFolder state) => Path.Combine(state.Processes, WatchdogName);

    private static string[] ScriptArguments(StateFolder state)
        => [ScriptIn(state), state.Processes, ((int)(Grace.TotalSeconds * 10)).ToString(CultureInfo.InvariantCulture)];

    private static async Task<IReadOnlyList<string>> CleanUpAsync(StateFolder state, CancellationToken cancellationToken)
    {
        var running = Running(state);
        await WaitForWatchdogAsync(state, cancellationToken);
        await Command.RunAsync("/bin/sh", ScriptArguments(state), cancellationToken);
        return running;
    }

    /// <summary>Ephemeral stacks of this user whose AppHost and watchdog both were killed.</summary>
    private static async Task CleanUpAbandonedAsync(StateFolder own, CancellationToken cancellationToken)
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), StateFolder.EphemeralPrefix + "????????"))
        {
            if (folder == own.Path || RunningWatchdog(Path.Combine(folder, Path.GetFileName(own.Processes))) is not null || StateFolder.TryTakeOver(folder) is not { } abandoned)
            {
                continue;
            }

            using (abandoned)
            {
                PrepareFolder(abandoned);
                await CleanUpAsync(abandoned, cancellationToken);
            }
        }
    }

    private static List<string> Running(StateFolder state)
    {
        var names = new List<string>();
        if (!Directory.Exists(state.Processes))
        {
            return names;
        }

        foreach (var record in Directory.EnumerateFiles(state.Processes))
        {
            if (int.TryParse(Path.GetFileName(record), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && TryRead(record)?.Split(' ', 3) is [var identity, _, var name]
                && ProcessIdentity.Of(id) == identity)
            {
                names.Add(name.TrimEnd());
            }
        }

        return names;
    }

    /// <summary>It may be at work this moment. It ends soon after its AppHost; one that does not has nothing to hold it up but itself.</summary>
    private static async Task WaitForWatchdogAsync(StateFolder state, CancellationToken cancellationToken)
    {
        var waiting = Stopwatch.StartNew();
        while (RunningWatchdog(state.Processes) is { } watchdog)
        {
            if (waiting.Elapsed > Grace + Grace)
            {
                Signals.Kill(watchdog);
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <summary>Its process id; null when it has ended.</summary>
    private static int? RunningWatchdog(string processes)
        => TryRead(Path.Combine(processes, WatchdogName))?.Split(' ') is [var id, var identity]
            && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
            && ProcessIdentity.Of(processId) == identity
                ? processId
                : null;

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string RecordOf(int processId) => Path.Combine(Folder, processId.ToString(CultureInfo.InvariantCulture));

    private void StartWatchdog()
    {
        var (fileName, arguments) = NewSession.Command;
        var watchdog = new Process
        {
            EnableRaisingEvents = true,
            StartInfo = new ProcessStartInfo(fileName, [.. arguments, "/bin/sh", .. ScriptArguments(_state), .. _state.Ephemeral])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                // Not AppHost's own: whoever reads AppHost's output to its end would wait for the watchdog too.
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = "/",
            },
        };
        _watchdogStarted = Stopwatch.GetTimestamp();
        watchdog.Exited += (_, _) => OnWatchdogExited(watchdog);
        watchdog.Start();
        _watchdog = watchdog;
        PrivateFiles.Write(WatchdogRecordIn(_state), string.Create(CultureInfo.InvariantCulture, $"{watchdog.Id} {ProcessIdentity.Of(watchdog.Id)}"));
    }

    /// <summary>Somebody killed it.</summary>
    private void OnWatchdogExited(Process watchdog)
    {
        lock (_gate)
        {
            // One that dies at once, because somebody removed the folder, would do so again.
            if (!_closed && Stopwatch.GetElapsedTime(_watchdogStarted) > TimeSpan.FromSeconds(1))
            {
                watchdog.Dispose();
                StartWatchdog();
            }
        }
    }
}
