using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aspire.Hosting.Local.Dashboard;

namespace AppHost.Tests.Dashboard;

/// <summary>An engine of the tests: they say what it has and see what it was ordered to do.</summary>
internal sealed class DashboardSource : IDashboardSource
{
    private readonly Lock gate = new();
    private readonly List<DashboardResource> resources = [];
    private readonly Dictionary<string, List<DashboardLogLine>> lines = new(StringComparer.Ordinal);
    private readonly List<Channel<DashboardResource>> resourceWatchers = [];
    private readonly List<(string Id, Channel<IReadOnlyList<DashboardLogLine>> Channel)> logWatchers = [];

    /// <summary>What was ordered, as "id command".</summary>
    public ConcurrentQueue<string> Executed { get; } = new();

    /// <summary>What the engine answers.</summary>
    public Func<string, string, string?> OnExecute { get; set; } = (_, _) => null;

    public void Set(DashboardResource resource)
    {
        lock (gate)
        {
            resources.RemoveAll(other => other.Id == resource.Id);
            resources.Add(resource);
            resourceWatchers.ForEach(watcher => watcher.Writer.TryWrite(resource));
        }
    }

    public void Write(string id, string text, bool isError = false, DateTimeOffset? at = null)
    {
        lock (gate)
        {
            var kept = lines.TryGetValue(id, out var known) ? known : lines[id] = [];
            var line = new DashboardLogLine(kept.Count + 1, at ?? DateTimeOffset.UtcNow, text, isError);
            kept.Add(line);
            logWatchers.Where(watcher => watcher.Id == id).ToList().ForEach(watcher => watcher.Channel.Writer.TryWrite([line]));
        }
    }

    public async IAsyncEnumerable<DashboardResource> WatchResourcesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<DashboardResource>();
        lock (gate)
        {
            resources.ForEach(resource => channel.Writer.TryWrite(resource));
            resourceWatchers.Add(channel);
        }

        await foreach (var resource in channel.Reader.ReadAllAsync(cancellationToken))
        {
            yield return resource;
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<DashboardLogLine>> WatchLogsAsync(string resourceId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<IReadOnlyList<DashboardLogLine>>();
        lock (gate)
        {
            channel.Writer.TryWrite(lines.TryGetValue(resourceId, out var kept) ? [.. kept] : []);
            logWatchers.Add((resourceId, channel));
        }

        await foreach (var batch in channel.Reader.ReadAllAsync(cancellationToken))
        {
            yield return batch;
        }
    }

    public Task<string?> ExecuteAsync(string resourceId, string command, CancellationToken cancellationToken)
    {
        Executed.Enqueue($"{resourceId} {command}");
        return Task.FromResult(OnExecute(resourceId, command));
    }
}
