using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Local.Engine;

/// <summary>
/// What a person sees of a run: one line per change of a resource, a table of links when everything is healthy, and on a failure
/// which resource it was, what it last wrote and what to do.
/// </summary>
internal sealed class StartupConsole(
    ApplicationEngine engine,
    DistributedApplicationModel model,
    LocalSettings settings,
    ResourceNotificationService notifications,
    TimeProvider timeProvider)
{
    private const int FailureLogLines = 20;

    /// <summary>Something that is not healthy for so long is told why.</summary>
    private static readonly TimeSpan Impatience = TimeSpan.FromSeconds(15);

    private readonly Palette _palette = Palette.For(Console.Out, Console.IsOutputRedirected);
    private readonly Dictionary<string, string> _shown = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _unhealthySince = new(StringComparer.Ordinal);
    private readonly long _begun = timeProvider.GetTimestamp();

    public async Task RunAsync(IHost host, CancellationToken cancellationToken)
    {
        engine.OnMessage = message => Console.WriteLine(message);
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (DistributedApplicationException exception)
        {
            Fail(exception.Message);
            return;
        }
        catch (OperationCanceledException)
        {
            return; // Stopped while it was being prepared.
        }
        catch (Exception exception)
        {
            // Nothing that a person could have done wrong: the trace is for whoever mends the engine.
            Fail(exception.ToString());
            return;
        }

        using var end = new CancellationTokenSource();
        var watching = WatchAsync(host.Services.GetRequiredService<IHostApplicationLifetime>(), end.Token);
        await host.WaitForShutdownAsync(cancellationToken);
        await end.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Console.WriteLine($"{Elapsed()}  Everything is stopped.");
    }

    private async Task WatchAsync(IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var expected = engine.Expected().ToDictionary(s => s.Instance.Id, StringComparer.Ordinal);
        var ready = new HashSet<string>(StringComparer.Ordinal);
        var isUp = false;
        using var stopping = lifetime.ApplicationStopping.Register(() => Console.WriteLine($"{Elapsed()}  Stopping …"));
        await foreach (var change in notifications.WatchAsync(cancellationToken))
        {
            if (!expected.TryGetValue(change.ResourceId, out var supervisor))
            {
                continue;
            }

            Show(supervisor, change.Snapshot);
            if (isUp)
            {
                continue;
            }

            // A program that was to end has got there as well.
            var isDone = change.Snapshot.IsReady || (change.Snapshot.IsFinal && change.Snapshot.ExitCode == 0);
            _ = isDone ? ready.Add(change.ResourceId) : ready.Remove(change.ResourceId);
            if (change.Snapshot.IsFinal && !isDone && !lifetime.ApplicationStopping.IsCancellationRequested)
            {
                Fail(supervisor, change.Snapshot);
                lifetime.StopApplication();
                return;
            }

            if (ready.Count == expected.Count)
            {
                isUp = true;
                ShowLinks();
            }
        }
    }

    private void Show(Supervisor supervisor, CustomResourceSnapshot snapshot)
    {
        if (snapshot is { State.Text: "Waiting", WaitingFor: null })
        {
            return; // For what, it says in a moment.
        }

        var state = Describe(snapshot);
        var id = supervisor.Instance.Id;
        if (_shown.GetValueOrDefault(id) != state && snapshot.State?.Text != KnownResourceStates.NotStarted)
        {
            _shown[id] = state;
            _unhealthySince[id] = timeProvider.GetTimestamp();
            var waitingFor = snapshot.WaitingFor is { } dependencies ? $" for {dependencies}" : string.Empty;
            Console.WriteLine($"{Elapsed()}  {supervisor.Instance.DisplayName,-18} {_palette.Paint(state + waitingFor, Color(snapshot))}");
        }
        else if (snapshot.HealthStatus == HealthStatus.Unhealthy && _unhealthySince.TryGetValue(id, out var since)
            && timeProvider.GetElapsedTime(since) >= Impatience
            && snapshot.HealthReports.FirstOrDefault(r => r.Status == HealthStatus.Unhealthy) is { } report)
        {
            _unhealthySince[id] = timeProvider.GetTimestamp();
            Console.WriteLine($"{Elapsed()}  {supervisor.Instance.DisplayName,-18} {_palette.Paint($"still not healthy: {report.Description}", Palette.Yellow)}");
        }
    }

    private static string Describe(CustomResourceSnapshot snapshot)
    {
        var state = snapshot.State?.Text ?? KnownResourceStates.NotStarted;

        // Until it is healthy for the first time nobody needs to be alarmed.
        return snapshot.IsReady ? $"{state} ({snapshot.HealthStatus})"
            : KnownResourceStates.TerminalStates.Contains(state) && snapshot.Reason is { } reason ? $"{state}: {reason}"
            : state;
    }

    private static string Color(CustomResourceSnapshot snapshot) => snapshot switch
    {
        { IsReady: true, HealthStatus: HealthStatus.Healthy } => Palette.Green,
        { IsReady: true } => Palette.Yellow,
        { WillRestart: true } => Palette.Yellow,
        { State.Text: "FailedToStart" } => Palette.Red,
        _ => Palette.None,
    };

    private void ShowLinks()
    {
        var links = model.Resources
            .SelectMany(r => engine.Supervisors(r.Name).Take(1))
            .SelectMany(s => ResourceUrls.Of(s.Instance))
            .Where(u => u.DisplayProperties.DisplayName.Length > 0 && !u.IsInternal)
            .Select(u => (u.DisplayProperties.DisplayName, u.Url))
            .ToList();
        if (engine.Dashboard is { } dashboard)
        {
            links.Insert(Math.Min(1, links.Count), ("Dashboard", (settings.AllowAnonymousDashboard ? dashboard.Url : dashboard.LoginUrl).ToString()));
        }

        Console.WriteLine();
        Console.WriteLine(_palette.Paint($"Everything is healthy after {Seconds()} s.", Palette.Green));
        Console.WriteLine();
        foreach (var (text, url) in links)
        {
            Console.WriteLine($"  {text,-12} {_palette.Paint(url, Palette.Cyan)}");
        }

        Console.WriteLine();
        Console.WriteLine($"  {(settings.IsEphemeral ? "Until the end" : "Data, logs"),-12} {engine.StatePath}");
        Console.WriteLine($"  {"Stop",-12} Ctrl-C");
        Console.WriteLine();
    }

    private void Fail(Supervisor supervisor, CustomResourceSnapshot snapshot)
    {
        var name = supervisor.Instance.DisplayName;
        var lines = supervisor.Log.Last(FailureLogLines);
        var text = new System.Text.StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"'{name}' is {snapshot.State!.Text}. {snapshot.Reason}");
        if (lines.Count > 0)
        {
            text.AppendLine().AppendLine("What it last wrote:");
            foreach (var line in lines)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {line.Text}");
            }
        }

        text.AppendLine();
        text.Append(settings.IsEphemeral
            ? "Correct that and start again."
            : $"Correct that and start again. The whole log: {Path.Combine(engine.StatePath ?? string.Empty, "logs", supervisor.Instance.Resource.Name)}*.log");
        Fail(text.ToString());
    }

    private static void Fail(string message)
    {
        var palette = Palette.For(Console.Error, Console.IsErrorRedirected);
        Console.Error.WriteLine();
        Console.Error.WriteLine(palette.Paint("The application cannot run.", Palette.Red));
        Console.Error.WriteLine(message);
        Environment.ExitCode = 1;
    }

    private string Seconds() => timeProvider.GetElapsedTime(_begun).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);

    private string Elapsed() => $"{Seconds(),6} s";
}
