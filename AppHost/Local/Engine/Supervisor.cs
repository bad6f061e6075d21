using System.Collections.Immutable;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Local.Engine;

/// <summary>
/// Keeps one instance as it is wanted: waits for what it depends on, starts it, watches its health, starts it again when it ends
/// by itself, and stops it. The only writer of the instance's state.
/// </summary>
internal sealed class Supervisor(
    ResourceInstance instance,
    IWorkload workload,
    ResourceNotificationService notifications,
    ResourceLog log,
    HttpClient http,
    TimeProvider timeProvider,
    bool isAwaited) : IAsyncDisposable
{
    /// <summary>Until it is healthy for the first time, and from then on.</summary>
    private static readonly TimeSpan EagerInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CalmInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CommandGrace = TimeSpan.FromSeconds(10);

    // One command at a time.
    private readonly SemaphoreSlim _commands = new(1, 1);
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;
    private TimeSpan _grace;
    private bool _wasReady;
    private int _restarts;

    public ResourceInstance Instance { get; } = instance;

    public ResourceLog Log { get; } = log;

    public string Source => workload.Source;

    private IResource Resource => Instance.Resource;

    // Whether there is a process behind it that can be started and stopped.
    private bool IsProcess => workload is not ExistingWorkload;

    private string EndState => Resource is ContainerResource ? KnownResourceStates.Exited : KnownResourceStates.Finished;

    public async Task StartAsync()
    {
        await _commands.WaitAsync();
        try
        {
            Start();
        }
        finally
        {
            _commands.Release();
        }
    }

    public async Task StopAsync(TimeSpan grace)
    {
        await _commands.WaitAsync();
        try
        {
            await StopCoreAsync(grace);
        }
        finally
        {
            _commands.Release();
        }
    }

    public Task<string?> StartCommandAsync(CancellationToken cancellationToken) => CommandAsync(() =>
    {
        if (!_running.IsCompleted)
        {
            return Task.FromResult<string?>($"'{Resource.Name}' runs already.");
        }

        Start();
        return Task.FromResult<string?>(null);
    }, cancellationToken);

    public Task<string?> StopCommandAsync(CancellationToken cancellationToken) => CommandAsync(async () =>
    {
        if (_running.IsCompleted)
        {
            return $"'{Resource.Name}' does not run.";
        }

        await StopCoreAsync(CommandGrace);
        return null;
    }, cancellationToken);

    public Task<string?> RestartCommandAsync(CancellationToken cancellationToken) => CommandAsync(async () =>
    {
        await StopCoreAsync(CommandGrace);
        _restarts++;
        Start();
        return null;
    }, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _commands.Dispose();
        _stop?.Dispose();
        return ValueTask.CompletedTask;
    }

    public void Publish(Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
        => notifications.Publish(Resource, Instance.Id, change);

    private async Task<string?> CommandAsync(Func<Task<string?>> command, CancellationToken cancellationToken)
    {
        if (!IsProcess)
        {
            return $"'{Resource.Name}' is nothing that can be started or stopped here.";
        }

        await _commands.WaitAsync(cancellationToken);
        try
        {
            return await command();
        }
        finally
        {
            _commands.Release();
        }
    }

    private void Start()
    {
        // Told at once: whoever waits from now on must not see how it ended before.
        var isWaiting = Resource.Has<WaitAnnotation>() || Resource is PostgresDatabaseResource;
        Publish(s => s with
        {
            State = isWaiting ? KnownResourceStates.Waiting : KnownResourceStates.Starting,
            WillRestart = false,
            IsReady = false,
            Reason = null,
            HealthReports = Unknown(),
        });
        _stop?.Dispose();
        _stop = new();
        var token = _stop.Token;
        _running = Task.Run(() => SuperviseAsync(token), CancellationToken.None);
    }

    private async Task StopCoreAsync(TimeSpan grace)
    {
        _grace = grace;
        if (_stop is not null)
        {
            await _stop.CancelAsync();
        }

        await _running;
    }

    private async Task SuperviseAsync(CancellationToken stop)
    {
        try
        {
            await new DependencyGate(notifications, Log).WaitAsync(Instance, Publish, stop);
            await KeepRunningAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            PublishEnd(EndState, exitCode: null, reason: null);
        }
        catch (Exception exception)
        {
            Note(exception.Message, isError: true);
            PublishEnd(KnownResourceStates.FailedToStart, exitCode: null, exception.Message);
        }
    }

    private async Task KeepRunningAsync(CancellationToken stop)
    {
        var ends = 0;
        while (true)
        {
            Publish(s => s with
            {
                State = KnownResourceStates.Starting,
                WillRestart = false,
                WaitingFor = null,
                Reason = null,
                IsReady = false,
                ProcessId = null,
                HealthReports = Unknown(),
            });
            var startedAt = timeProvider.GetTimestamp();
            string reason;
            int? exitCode = null;
            try
            {
                await using var run = await workload.StartAsync(stop);
                exitCode = await RunAsync(run, stop);
                if (exitCode is not { } code || stop.IsCancellationRequested)
                {
                    PublishEnd(EndState, exitCode, reason: null);
                    return;
                }

                reason = string.Create(CultureInfo.InvariantCulture, $"It ended with exit code {code}.");
                if (!RestartPolicy.Applies(Resource, isAwaited, code))
                {
                    PublishEnd(EndState, code, reason);
                    return;
                }
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                if (!_wasReady)
                {
                    throw;
                }

                reason = exception.Message;
            }

            ends = timeProvider.GetElapsedTime(startedAt) >= RestartPolicy.StableAfter ? 1 : ends + 1;
            if (!_wasReady && ends >= RestartPolicy.EndsBeforeFirstHealthy)
            {
                Note(reason, isError: true);
                PublishEnd(KnownResourceStates.FailedToStart, exitCode, $"{reason} It was started {ends} times and never became healthy.");
                return;
            }

            var delay = RestartPolicy.Delay(ends);
            reason = string.Create(CultureInfo.InvariantCulture, $"{reason} It is started again in {delay.TotalSeconds:0.#} s.");
            Note(reason, isError: true);
            PublishEnd(EndState, exitCode, reason, willRestart: true);
            await Task.Delay(delay, timeProvider, stop);
            _restarts++;
        }
    }

    /// <summary>One run until it ends, by itself or because it is to stop.</summary>
    private async Task<int?> RunAsync(IRun run, CancellationToken stop)
    {
        Publish(s => s with
        {
            State = KnownResourceStates.Running,
            ProcessId = run.ProcessId,
            StartTimeStamp = timeProvider.GetUtcNow().UtcDateTime,
            StopTimeStamp = null,
            ExitCode = null,
            Restarts = _restarts,
        });

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var monitoring = MonitorAsync(run, ended.Token);
        var stopping = Task.Delay(Timeout.InfiniteTimeSpan, ended.Token);
        await Task.WhenAny(run.Exited, stopping);
        await ended.CancelAsync();
        await monitoring.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        if (!run.Exited.IsCompleted)
        {
            Publish(s => s with { State = KnownResourceStates.Stopping, IsReady = false });
            await run.StopAsync(_grace);
        }

        return run.Exited.IsCompleted ? await run.Exited : null;
    }

    private async Task MonitorAsync(IRun run, CancellationToken cancellationToken)
    {
        var probes = Resource.Annotations.OfType<HealthProbeAnnotation>().ToList();
        var isReady = false;
        while (true)
        {
            var reports = await Task.WhenAll(probes.Select(p => AskAsync(p, run, cancellationToken)));
            cancellationToken.ThrowIfCancellationRequested();
            var isHealthy = reports.All(r => r.Status == HealthStatus.Healthy);
            Publish(s => s with { HealthReports = [.. reports] });
            if (isHealthy && !isReady && await IsReadyAsync(cancellationToken))
            {
                isReady = _wasReady = true;
                Publish(s => s with { IsReady = true });
            }

            if (probes.Count == 0)
            {
                return;
            }

            await Task.Delay(isReady ? CalmInterval : EagerInterval, timeProvider, cancellationToken);
        }
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var annotation in Resource.Annotations.OfType<ReadyCallbackAnnotation>())
            {
                await annotation.Callback(cancellationToken);
            }

            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Note($"It is healthy but not ready: {exception.Message}", isError: true);
            return false;
        }
    }

    private async Task<HealthReportSnapshot> AskAsync(HealthProbeAnnotation probe, IRun run, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ProbeTimeout);
        HealthReportSnapshot report;
        try
        {
            var result = await probe.Probe(new(Instance.Port, http, run.Server), limit.Token);
            report = new(probe.Key, result.Status, result.Description, result.Exception?.Message);
        }
        catch (OperationCanceledException)
        {
            report = new(probe.Key, HealthStatus.Unhealthy, "No answer within 5 s.", ExceptionText: null);
        }
        catch (Exception exception)
        {
            report = new(probe.Key, HealthStatus.Unhealthy, exception.Message, ExceptionText: null);
        }

        return report with { LastRunAt = timeProvider.GetUtcNow().UtcDateTime };
    }

    private ImmutableArray<HealthReportSnapshot> Unknown()
        => [.. Resource.Annotations.OfType<HealthProbeAnnotation>().Select(p => new HealthReportSnapshot(p.Key, Status: null, Description: null, ExceptionText: null))];

    private void PublishEnd(string state, int? exitCode, string? reason, bool willRestart = false) => Publish(s => s with
    {
        State = state,
        ExitCode = exitCode ?? s.ExitCode,
        StopTimeStamp = timeProvider.GetUtcNow().UtcDateTime,
        ProcessId = null,
        IsReady = false,
        WaitingFor = null,
        WillRestart = willRestart,
        Reason = reason,
    });

    // What the engine itself has to say stands between the lines of the process.
    private void Note(string text, bool isError) => Log.Write($"[AppHost] {text}", isError);
}
