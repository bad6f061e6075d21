using System.Globalization;

namespace Aspire.Hosting.Local.Servers;

/// <summary>Linux's table of sockets, <c>/proc/net/tcp</c> and <c>tcp6</c> (proc(5)).</summary>
internal static class ListeningSockets
{
    private const string StateListen = "0A";

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Inodes of the sockets that listen on a port, of any address.</summary>
    public static IReadOnlySet<string> On(int port) => All().Where(socket => socket.Port == port).Select(socket => socket.Inode).ToHashSet(StringComparer.Ordinal);

    /// <summary>The process that has one of these sockets open.</summary>
    public static PortOwner OwnerOf(IReadOnlySet<string> inodes)
    {
        var links = inodes.Select(inode => $"socket:[{inode}]").ToHashSet(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && HasOpen(folder, links))
            {
                return new PortOwner(id, ProgramOf(folder));
            }
        }

        return new PortOwner(null, null);
    }

    /// <summary>Local address in the table's own notation, port and inode of each listening socket.</summary>
    public static IEnumerable<(string Address, int Port, string Inode)> All()
    {
        foreach (var table in Tables.Where(File.Exists))
        {
            foreach (var line in File.ReadLines(table).Skip(1))
            {
                // sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9 && fields[3] == StateListen && fields[1].Split(':') is [var address, var port])
                {
                    yield return (address, int.Parse(port, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), fields[9]);
                }
            }
        }
    }

    private static bool HasOpen(string processFolder, HashSet<string> links)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(processFolder, "fd")).Any(descriptor => new FileInfo(descriptor).LinkTarget is { } target && links.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's process, or one that has just ended.
            return false;
        }
    }

    private static string? ProgramOf(string processFolder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(processFolder, "comm")).TrimEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
