namespace Aspire.Hosting.Local.Dashboard.Live;

/// <summary>
/// The lines between the engine and one browser. The engine is always read at its own speed; when the browser is slower, the oldest
/// lines that it has not got are dropped and counted.
/// </summary>
internal sealed class ConsoleBacklog(int maxLines = ConsoleBacklog.DefaultMaxLines, int maxCharacters = ConsoleBacklog.DefaultMaxCharacters)
{
    public const int DefaultMaxLines = 10_000;
    public const int DefaultMaxCharacters = 4 * 1024 * 1024;

    private readonly Lock gate = new();
    private readonly Queue<DashboardLogLine> lines = new();
    private long characters;
    private long dropped;

    public Pulse Changed { get; } = new();

    public void Add(IReadOnlyList<DashboardLogLine> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        lock (gate)
        {
            foreach (var line in batch)
            {
                lines.Enqueue(line);
                characters += line.Text.Length;
                while (lines.Count > maxLines || (characters > maxCharacters && lines.Count > 1))
                {
                    characters -= lines.Dequeue().Text.Length;
                    dropped++;
                }
            }
        }

        Changed.Beat();
    }

    /// <summary>Takes at most <paramref name="max"/> lines, and how many were dropped before them.</summary>
    public (IReadOnlyList<DashboardLogLine> Lines, long Dropped) Take(int max)
    {
        lock (gate)
        {
            var taken = new List<DashboardLogLine>(Math.Min(max, lines.Count));
            while (taken.Count < max && lines.TryDequeue(out var line))
            {
                characters -= line.Text.Length;
                taken.Add(line);
            }

            var lost = dropped;
            dropped = 0;
            return (taken, lost);
        }
    }
}
