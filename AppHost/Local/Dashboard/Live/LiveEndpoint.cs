using System.Globalization;
using Aspire.Hosting.Local.Dashboard.Frontend;
using Aspire.Hosting.Local.Dashboard.Telemetry;

namespace Aspire.Hosting.Local.Dashboard.Live;

/// <summary>
/// <c>GET /api/live</c>: everything live of one page in one stream, because browsers open at most six HTTP/1.1 connections per server over
/// all their tabs. Topics: the resources always; <c>console={id}</c> with <c>after={number}</c>; <c>telemetry=1</c>.
/// A stream begins with the whole present state, so a reconnect needs nothing but the last console line it has.
/// </summary>
internal sealed class LiveEndpoint(ResourceFeed resources, IDashboardSource source, TelemetryStore telemetry, TimeProvider clock, CancellationToken stopping)
{
    public const string Path = "/api/live";

    /// <summary>At most four updates a second and topic: what a person can follow, at a cost that does not grow with the rate of changes.</summary>
    private static readonly TimeSpan UpdateInterval = TimeSpan.FromMilliseconds(250);

    private const int MaxLinesPerEvent = 1_000;

    /// <summary>Line numbers mean something within one run of AppHost; a browser that finds another run forgets what it has.</summary>
    private readonly string run = Guid.NewGuid().ToString("N");

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, async context =>
    {
        var query = context.Request.Query;
        var consoleId = query["console"].FirstOrDefault();
        if (!long.TryParse(query["after"].FirstOrDefault() ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var after))
        {
            await Answers.ErrorAsync(context, StatusCodes.Status400BadRequest, "'after' has to be the number of a line.");
            return;
        }

        if (query["run"] != run)
        {
            after = 0;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        using var stream = new EventStream(context.Response);
        try
        {
            await stream.OpenAsync(ending.Token);
            await stream.SendAsync("hello", new { run }, ending.Token);

            List<Task> topics = [SendResourcesAsync(stream, ending.Token)];
            if (consoleId is not null)
            {
                topics.Add(SendConsoleAsync(stream, consoleId, after, ending.Token));
                topics.Add(SendRunsAsync(stream, consoleId, ending.Token));
            }

            if (query.ContainsKey("telemetry"))
            {
                topics.Add(SendTelemetryAsync(stream, ending.Token));
            }

            // The first that fails ends all, and none may write once this has returned. The browser reconnects and gets a whole state again.
            var first = await Task.WhenAny(topics);
            await ending.CancelAsync();
            await Task.WhenAll(topics).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await first;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The browser went away, or AppHost stops.
        }
    });

    private async Task SendResourcesAsync(EventStream stream, CancellationToken cancellationToken)
    {
        for (var version = 0L; ;)
        {
            var next = resources.Changed.Next;
            var isFirst = version == 0;
            (version, var changes) = resources.ChangesSince(version);
            if (changes.Count > 0 || isFirst)
            {
                await stream.SendAsync(
                    isFirst ? "resources" : "changes",
                    changes.Select(change => ResourceView.Of(change.Resource, change.Order)),
                    cancellationToken);
                await Task.Delay(UpdateInterval, clock, cancellationToken);
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    private async Task SendConsoleAsync(EventStream stream, string id, long after, CancellationToken cancellationToken)
    {
        var backlog = new ConsoleBacklog();
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reader = ReadConsoleAsync(backlog, id, after, reading.Token);
        try
        {
            while (true)
            {
                var next = backlog.Changed.Next;
                var (lines, dropped) = backlog.Take(MaxLinesPerEvent);
                if (lines.Count > 0)
                {
                    await stream.SendAsync("console", new { id, dropped, lines = lines.Select(LogLineView.Of) }, cancellationToken);
                }

                if (lines.Count == MaxLinesPerEvent)
                {
                    continue;
                }

                if (lines.Count > 0)
                {
                    await Task.Delay(UpdateInterval, clock, cancellationToken);
                }

                if (reader.IsFaulted)
                {
                    await reader;
                }

                // A resource whose lines have ended keeps its page; only the other topics go on.
                await next.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            await reading.CancelAsync();
            await reader.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadConsoleAsync(ConsoleBacklog backlog, string id, long after, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var batch in source.WatchLogsAsync(id, cancellationToken))
            {
                backlog.Add(after == 0 ? batch : [.. batch.Where(line => line.Number > after)]);
            }
        }
        finally
        {
            backlog.Changed.Beat();
        }
    }

    private async Task SendRunsAsync(EventStream stream, string id, CancellationToken cancellationToken)
    {
        IReadOnlyList<ResourceRun>? sent = null;
        while (true)
        {
            var next = resources.Changed.Next;
            var runs = resources.RunsOf(id);
            if (sent is null || !runs.SequenceEqual(sent))
            {
                await stream.SendAsync("runs", new { id, runs }, cancellationToken);
                await Task.Delay(UpdateInterval, clock, cancellationToken);
                sent = runs;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    private async Task SendTelemetryAsync(EventStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = telemetry.Changed.Next;
            await stream.SendAsync(
                "telemetry",
                new { logs = telemetry.Logs.Version, traces = telemetry.Traces.Version, metrics = telemetry.Metrics.Version },
                cancellationToken);
            await Task.Delay(UpdateInterval, clock, cancellationToken);
            await next.WaitAsync(cancellationToken);
        }
    }
}
