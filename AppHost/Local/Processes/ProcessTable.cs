using System.Globalization;

namespace Aspire.Hosting.Local.Processes;

/// <summary>One line of <see cref="ProcessTable"/>.</summary>
/// <param name="StartTime">Clock ticks after the machine's start: with the id, it tells a process from a later one with the same id.</param>
internal readonly record struct ProcessEntry(int Id, int Parent, int Group, int Session, char State, ulong StartTime)
{
    /// <summary>Dead, but not yet collected by its parent.</summary>
    public bool IsZombie => State is 'Z' or 'X';
}

/// <summary>The processes of this machine, read from <c>/proc</c> (proc(5)); empty on systems without it.</summary>
internal static class ProcessTable
{
    public static IReadOnlyList<ProcessEntry> Read()
    {
        var entries = new List<ProcessEntry>();
        if (!OperatingSystem.IsLinux())
        {
            return entries;
        }

        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Find(id) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>Null when the process does not exist (or there is no <c>/proc</c>).</summary>
    public static ProcessEntry? Find(int processId)
    {
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The second field is the program's name in parentheses and may itself contain anything.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields.Length < 20
            ? null
            : new ProcessEntry(
                processId,
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                int.Parse(fields[2], CultureInfo.InvariantCulture),
                int.Parse(fields[3], CultureInfo.InvariantCulture),
                fields[0][0],
                ulong.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// The living processes of a child: its descendants, and whoever is in its group or session, also when their parent has died.
    /// (A session's number is not given to a new process while the session has members.)
    /// </summary>
    public static IReadOnlyList<int> Tree(int leader)
    {
        var table = Read();
        var members = new HashSet<int>(table.Where(p => p.Id == leader || p.Group == leader || p.Session == leader).Select(p => p.Id));
        var before = 0;
        while (members.Count > before)
        {
            before = members.Count;
            members.UnionWith(table.Where(p => members.Contains(p.Parent)).Select(p => p.Id));
        }

        return [.. table.Where(p => members.Contains(p.Id) && !p.IsZombie).Select(p => p.Id)];
    }
}
