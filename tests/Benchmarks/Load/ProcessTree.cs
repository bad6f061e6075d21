using System.Globalization;

namespace Benchmarks.Load;

/// <summary>
/// CPU time and memory of a process with all its children, from <c>/proc</c> (proc(5)): a Postgres server is a process for each connection.
/// </summary>
internal sealed class ProcessTree(int root)
{
    private const int TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on

    /// <summary>The process that listens on a port of this machine, with its children.</summary>
    /// <exception cref="InvalidOperationException">Nobody does, or another user.</exception>
    public static ProcessTree ListeningOn(int port)
    {
        var sockets = SocketsOf(port);
        foreach (var process in Processes())
        {
            try
            {
                foreach (var descriptor in new DirectoryInfo($"/proc/{process}/fd").EnumerateFileSystemInfos())
                {
                    if (descriptor.LinkTarget is { } target && sockets.Contains(target))
                    {
                        return new ProcessTree(process);
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Somebody else's, or gone.
            }
        }

        throw new InvalidOperationException($"No process of this user listens on port {port}.");
    }

    public int Root => root;

    /// <summary>User and system time so far, of the living and of those that ended.</summary>
    public TimeSpan CpuTime => TimeSpan.FromSeconds(Members().Sum(one => one.Ticks) / (double)TicksPerSecond);

    /// <summary>Each process of the tree, the root first.</summary>
    public IReadOnlyList<int> Ids => [.. Members().Select(one => one.Id)];

    private List<Member> Members()
    {
        var all = Processes().Select(Read).OfType<Member>().ToList();
        var members = all.Where(one => one.Id == root).ToList();
        for (var next = 0; next < members.Count; next++)
        {
            members.AddRange(all.Where(one => one.Parent == members[next].Id));
        }

        return members;
    }

    private static IEnumerable<int> Processes()
        => Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0).Where(id => id > 0);

    // The name, in parentheses, may hold anything; behind it: state, parent, …, and as numbers 11 to 14 the times, own and of ended children.
    private static Member? Read(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Member(process, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static HashSet<string> SocketsOf(int port)
    {
        const string Listening = "0A";
        var suffix = $":{port:X4}";
        return
        [
            .. ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).Where(File.Exists).SelectMany(File.ReadLines)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[1].EndsWith(suffix, StringComparison.Ordinal) && fields[3] == Listening)
                .Select(fields => $"socket:[{fields[9]}]"),
        ];
    }

    private sealed record Member(int Id, int Parent, long Ticks);
}
