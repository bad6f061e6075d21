namespace Aspire.Hosting.Local.Processes;

/// <summary>How a child is asked to end before it is killed. The values are the signal numbers of Linux and macOS.</summary>
internal enum StopSignal
{
    /// <summary>Postgres's fast shutdown: sessions are ended, nothing is lost. (SIGTERM would wait for the clients.)</summary>
    Interrupt = 2,

    Terminate = 15,
}

/// <summary>What to start, and how.</summary>
internal sealed record ChildProcessOptions
{
    /// <summary>Name of the resource, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>A program on PATH, or the path of one.</summary>
    public required string FileName { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>Never a secret: every user of the machine can list them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Laid over the environment of this process; null removes a variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>The user to become before the program starts. Needs root.</summary>
    public string? RunAsUser { get; init; }

    /// <summary>
    /// Gets each line of output, and whether it came from the error stream. Never called twice at once. A line longer than
    /// <see cref="LineReader.MaxLineBytes"/> arrives in pieces.
    /// </summary>
    public Action<string, bool>? OnLine { get; init; }

    public StopSignal StopSignal { get; init; } = StopSignal.Terminate;
}
