namespace Aspire.Hosting.Local.Dashboard;

/// <summary>What the dashboard shows and what it can order. The engine implements it; every member is safe to call from several threads.</summary>
internal interface IDashboardSource
{
    /// <summary>A snapshot of each resource at once, then each change as a whole new snapshot, until cancelled.</summary>
    IAsyncEnumerable<DashboardResource> WatchResourcesAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The console lines of a resource, in the order of <see cref="DashboardLogLine.Number"/>: the first batch is all that is kept and may be
    /// empty, each further one is live, until cancelled. The dashboard reads on quickly, however slow the browser is. Unknown id: an empty sequence.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<DashboardLogLine>> WatchLogsAsync(string resourceId, CancellationToken cancellationToken);

    /// <summary>Runs one of the resource's <see cref="DashboardResource.Commands"/>.</summary>
    /// <param name="command"><c>start</c>, <c>stop</c> or <c>restart</c>.</param>
    /// <returns><see langword="null"/> when it was done (or is under way), else one sentence for the person who clicked, without any secret.</returns>
    Task<string?> ExecuteAsync(string resourceId, string command, CancellationToken cancellationToken);
}

/// <summary>One row of the resources page: a resource, or one replica of it. A parameter is a resource of type <c>Parameter</c> whose value is a secret variable.</summary>
internal sealed record DashboardResource
{
    /// <summary>Unique, stable while AppHost runs: <c>pairing-kxwpzqrt</c>. Replicas share <see cref="Name"/> and differ here.</summary>
    public required string Id { get; init; }

    /// <summary>The name in the app model: <c>pairing</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The kind, shown as it is: <c>Project</c>, <c>PostgresServer</c>, <c>Parameter</c> …</summary>
    public required string Type { get; init; }

    /// <summary>Id or name of the resource that this one is shown under: a database under its server.</summary>
    public string? Parent { get; init; }

    /// <summary>A name of <c>KnownResourceStates</c>: <c>NotStarted</c>, <c>Waiting</c>, <c>Starting</c>, <c>Running</c>, <c>Finished</c> …</summary>
    public required string State { get; init; }

    /// <summary><c>Healthy</c>, <c>Unhealthy</c>, <c>Degraded</c>, or null when nothing is known (not running).</summary>
    public string? Health { get; init; }

    /// <summary>Of the last process that ended; null while it never did.</summary>
    public int? ExitCode { get; init; }

    /// <summary>How often the engine or a person started it again.</summary>
    public int Restarts { get; init; }

    public int? ProcessId { get; init; }

    /// <summary>When the present (or last) process was started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Project path or command line, without secrets.</summary>
    public string? Source { get; init; }

    /// <summary>What a resource in state <c>Waiting</c> waits for: <c>postgres, redis</c>.</summary>
    public string? WaitingFor { get; init; }

    public IReadOnlyList<DashboardUrl> Urls { get; init; } = [];

    public IReadOnlyList<DashboardVariable> Environment { get; init; } = [];

    public IReadOnlyList<DashboardHealthReport> HealthReports { get; init; } = [];

    /// <summary>What this resource refers to; the dashboard derives the way back.</summary>
    public IReadOnlyList<DashboardRelationship> Relationships { get; init; } = [];

    /// <summary>With its password: leaves the server only when a person asks to see it.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>What can be ordered now, of <c>start</c>, <c>stop</c>, <c>restart</c>.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>Known to the engine and not shown.</summary>
    public bool IsHidden { get; init; }
}

/// <param name="Url">Absolute.</param>
/// <param name="Text">Shown instead of the address.</param>
/// <param name="Endpoint">Name of the endpoint, <c>http</c>.</param>
internal sealed record DashboardUrl(string Url, string? Text = null, string? Endpoint = null);

/// <param name="IsSecret">Whether "show all" leaves it masked. Every value is masked at first.</param>
internal sealed record DashboardVariable(string Name, string Value, bool IsSecret = false);

/// <param name="Status"><c>Healthy</c>, <c>Unhealthy</c>, <c>Degraded</c>; null while the check has not run yet.</param>
/// <param name="Description">What was found, without any secret.</param>
internal sealed record DashboardHealthReport(string Name, string? Status, string? Description = null, DateTimeOffset? At = null);

/// <param name="ResourceName">Name of the other resource.</param>
/// <param name="Kind"><c>Reference</c>, <c>WaitFor</c>, <c>Parent</c> …</param>
internal sealed record DashboardRelationship(string ResourceName, string Kind);

/// <summary>One line of a console. ANSI colours stay in <paramref name="Text"/>.</summary>
/// <param name="Number">Rises within a resource over all its runs, without gaps, from 1.</param>
/// <param name="Text">Without the line end.</param>
/// <param name="IsError">Written to the standard error stream.</param>
internal sealed record DashboardLogLine(long Number, DateTimeOffset At, string Text, bool IsError);
