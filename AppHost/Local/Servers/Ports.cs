using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>Who listens on a port, as far as this user may know.</summary>
internal sealed record PortOwner(int? ProcessId, string? Program)
{
    /// <summary>For a message: <c>redis-server (process 4711)</c>.</summary>
    public override string ToString() => (Program, ProcessId) switch
    {
        (null, null) => "another program",
        (null, { } id) => string.Create(CultureInfo.InvariantCulture, $"process {id}"),
        ({ } program, null) => program,
        ({ } program, { } id) => string.Create(CultureInfo.InvariantCulture, $"{program} (process {id})"),
    };
}

/// <summary>TCP ports of the loopback interface.</summary>
internal static partial class Ports
{
    // Below the range from which systems take the ports of outgoing connections (Linux 32768, macOS 49152): there, a port that was
    // free a moment ago may be a client's when the server wants it. Every process that asks has a block of its own, so that two
    // stacks that start side by side never choose the same port.
    private const int First = 20_000;
    private const int BlockSize = 40;
    private const int Blocks = 300;

    private static readonly Lock Gate = new();
    private static readonly List<FileStream> Held = [];
    private static int _next;
    private static int _end;

    /// <summary>A port on which nobody listens, and which no other stack gets while this process lives.</summary>
    public static int Free()
    {
        lock (Gate)
        {
            while (true)
            {
                if (_next == _end)
                {
                    _next = TakeBlock();
                    _end = _next + BlockSize;
                }

                var port = _next++;
                if (Loopback.IsFree(port))
                {
                    return port;
                }
            }
        }
    }

    /// <summary>Null when nobody listens on the port.</summary>
    public static PortOwner? OwnerOf(int port)
    {
        if (OperatingSystem.IsLinux())
        {
            var inodes = ListeningSockets.On(port);
            return inodes.Count == 0 ? null : ListeningSockets.OwnerOf(inodes);
        }

        if (Loopback.IsFree(port))
        {
            return null;
        }

        var (_, output) = Command.Run("lsof", "-nP", string.Create(CultureInfo.InvariantCulture, $"-iTCP:{port}"), "-sTCP:LISTEN", "-Fpc");
        var match = LsofFields().Match(output);
        return match.Success ? new PortOwner(int.Parse(match.Groups["id"].Value, CultureInfo.InvariantCulture), match.Groups["program"].Value) : new PortOwner(null, null);
    }

    [GeneratedRegex(@"^p(?<id>\d+)\nc(?<program>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex LsofFields();

    private static int TakeBlock()
    {
        // One lock file per block and user; the lock ends with the process.
        var folder = Path.Combine(Path.GetTempPath(), $".platform-ports-{Environment.UserName}");
        PrivateFiles.CreateFolder(folder);
        for (var block = 0; block < Blocks; block++)
        {
            try
            {
                Held.Add(new FileStream(Path.Combine(folder, block.ToString(CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                return First + (block * BlockSize);
            }
            catch (IOException)
            {
                // Somebody else's.
            }
        }

        throw new DistributedApplicationException($"All ports from {First} to {First + (Blocks * BlockSize) - 1} are reserved by running stacks.");
    }
}
