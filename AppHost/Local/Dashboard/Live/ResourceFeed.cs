namespace Aspire.Hosting.Local.Dashboard.Live;

/// <summary>
/// The latest snapshot of each resource, read from the engine once for all browsers. A browser asks what changed since the version it
/// has, so a slow one costs no memory and sees the present state instead of a backlog.
/// </summary>
internal sealed class ResourceFeed(IDashboardSource source, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Marks that are kept per resource: enough to see a crash loop, bounded because such a loop does not end by itself.</summary>
    private const int MaxRuns = 100;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private long version;

    /// <summary>Beats after each change.</summary>
    public Pulse Changed { get; } = new();

    /// <summary>Reads the engine until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var resource in source.WatchResourcesAsync(cancellationToken))
                {
                    Set(resource);
                }

                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever the engine throws, the pages have to come back.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                logger.LogWarning(exception, "Watching the resources failed; trying again.");
                await Task.Delay(RetryAfterFailure, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public DashboardResource? Find(string id)
    {
        lock (gate)
        {
            return entries.TryGetValue(id, out var entry) && !entry.Resource.IsHidden ? entry.Resource : null;
        }
    }

    /// <summary>Everything that changed after <paramref name="since"/> (0: everything), in the order in which the engine first named it.</summary>
    public (long Version, IReadOnlyList<(int Order, DashboardResource Resource)> Resources) ChangesSince(long since)
    {
        lock (gate)
        {
            var changes = entries.Values.Where(entry => entry.Version > since).Select(entry => (entry.Order, entry.Resource)).OrderBy(pair => pair.Order).ToList();
            return (version, changes);
        }
    }

    /// <summary>When the processes of a resource started and ended, oldest first.</summary>
    public IReadOnlyList<ResourceRun> RunsOf(string id)
    {
        lock (gate)
        {
            return entries.TryGetValue(id, out var entry) ? [.. entry.Runs] : [];
        }
    }

    private void Set(DashboardResource resource)
    {
        lock (gate)
        {
            version++;
            if (!entries.TryGetValue(resource.Id, out var entry))
            {
                entries[resource.Id] = entry = new Entry(entries.Count, resource);
                entry.MarkStart(null);
            }
            else
            {
                var before = entry.Resource;
                entry.Resource = resource;
                entry.MarkEnd(before, clock.GetUtcNow());
                entry.MarkStart(before);
            }

            entry.Version = version;
        }

        Changed.Beat();
    }

    private sealed class Entry(int order, DashboardResource resource)
    {
        public int Order => order;

        public DashboardResource Resource { get; set; } = resource;

        public long Version { get; set; }

        public List<ResourceRun> Runs { get; } = [];

        public void MarkStart(DashboardResource? before)
        {
            if (Resource.StartedAt is { } startedAt && startedAt != before?.StartedAt)
            {
                Add(new ResourceRun(startedAt, Resource.ProcessId, Resource.Restarts, ExitCode: null, HasEnded: false));
            }
        }

        public void MarkEnd(DashboardResource before, DateTimeOffset now)
        {
            if (before.ProcessId is { } processId && Resource.ProcessId != processId)
            {
                Add(new ResourceRun(now, processId, before.Restarts, Resource.ExitCode, HasEnded: true));
            }
        }

        private void Add(ResourceRun run)
        {
            if (Runs.Count == MaxRuns)
            {
                Runs.RemoveAt(0);
            }

            Runs.Add(run);
        }
    }
}

/// <summary>A process started or ended: a mark between the lines of a console.</summary>
internal sealed record ResourceRun(DateTimeOffset At, int? ProcessId, int Restarts, int? ExitCode, bool HasEnded);
