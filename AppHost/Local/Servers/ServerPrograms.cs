using System.Text.RegularExpressions;
using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>An installed server.</summary>
/// <param name="Folder">Where its programs are.</param>
internal sealed record ServerProgram(string Folder, Version Version)
{
    public string Path(string program) => System.IO.Path.Combine(Folder, program);
}

/// <summary>
/// Finds the servers on this machine: on PATH, where Debian puts those that it keeps off PATH, and where Homebrew does.
/// Each finder returns the newest there is, whether or not it is new enough.
/// </summary>
internal static partial class ServerPrograms
{
    public static readonly Version MinimumPostgres = new(15, 0);
    public static readonly Version MinimumRedis = new(7, 0);
    public static readonly Version MinimumRabbitMQ = new(3, 10);

    private static readonly string[] HomebrewRoots = ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"];

    /// <summary>Every Postgres of the machine, newest first.</summary>
    public static IReadOnlyList<ServerProgram> Postgres()
    {
        // Debian's /usr/bin has clients only, its servers lie side by side by major version; Fedora's and Homebrew's vary likewise.
        IEnumerable<string?> folders =
        [
            FolderOf("postgres"),
            .. Subfolders("/usr/lib/postgresql", "bin"),
            .. Subfolders("/usr", "bin", "pgsql-*"),
            .. HomebrewRoots.SelectMany(root => Subfolders(root, "bin", "postgresql*")),
        ];
        return
        [
            .. folders.OfType<string>()
                .Where(folder => ProgramPath.IsProgram(Path.Combine(folder, "postgres")) && ProgramPath.IsProgram(Path.Combine(folder, "initdb")))
                .Distinct(StringComparer.Ordinal)
                .Select(folder => Asked(folder, "postgres", "--version"))
                .OfType<ServerProgram>()
                .OrderByDescending(server => server.Version),
        ];
    }

    public static ServerProgram? Redis()
        => (FolderOf("redis-server") ?? InHomebrew("redis", "redis-server")) is { } folder ? Asked(folder, "redis-server", "--version") : null;

    public static ServerProgram? RabbitMQ()
    {
        // Debian's /usr/sbin/rabbitmq-server becomes user rabbitmq first; the one it calls does not.
        IEnumerable<string?> folders = ["/usr/lib/rabbitmq/bin", FolderOf("rabbitmq-server"), InHomebrew("rabbitmq", "rabbitmq-server", "sbin")];
        return folders.OfType<string>().Select(InstalledRabbitMQ).FirstOrDefault(server => server is not null);
    }

    /// <summary>Where a RabbitMQ has its own and its plugins' code.</summary>
    public static IEnumerable<string> PluginFolders(string folder)
    {
        // The scripts find their home from where they really lie: Debian's are links into …/lib/rabbitmq_server-3.10.8/sbin.
        var program = Path.Combine(folder, "rabbitmq-server");
        var home = Path.GetDirectoryName(Path.GetDirectoryName(File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program))!;
        IEnumerable<string> folders = [Path.Combine(home, "plugins"), .. Subfolders(Path.Combine(home, "lib"), "plugins", "rabbitmq_server-*")];
        return folders.Where(Directory.Exists);
    }

    /// <summary>A Chromium or Chrome, for the tests.</summary>
    public static string? Chromium()
    {
        const string onMac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
        return ProgramPath.Find("chromium") ?? ProgramPath.Find("chromium-browser") ?? ProgramPath.Find("google-chrome")
            ?? (ProgramPath.IsProgram(onMac) ? onMac : null);
    }

    private static string? FolderOf(string program)
        => ProgramPath.Find(program) is { } path ? Path.GetDirectoryName(Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path)) : null;

    private static string? InHomebrew(string formula, string program, string folder = "bin")
        => HomebrewRoots.Select(root => Path.Combine(root, formula, folder)).FirstOrDefault(path => ProgramPath.IsProgram(Path.Combine(path, program)));

    private static IEnumerable<string> Subfolders(string parent, string last, string pattern = "*")
        => Directory.Exists(parent) ? Directory.EnumerateDirectories(parent, pattern).Select(folder => Path.Combine(folder, last)) : [];

    private static ServerProgram? Asked(string folder, string program, params string[] arguments)
    {
        var (exitCode, output) = Command.Run(Path.Combine(folder, program), arguments);
        return exitCode == 0 && VersionIn(output) is { } version ? new ServerProgram(folder, version) : null;
    }

    /// <summary>
    /// Asking rabbitmq-server for its version starts a broker, and rabbitmqctl takes seconds, but the broker's own application
    /// folder is called <c>rabbit-3.10.8</c>.
    /// </summary>
    private static ServerProgram? InstalledRabbitMQ(string folder)
    {
        if (!ProgramPath.IsProgram(Path.Combine(folder, "rabbitmq-server")))
        {
            return null;
        }

        return PluginFolders(folder)
            .SelectMany(path => Directory.EnumerateFileSystemEntries(path, "rabbit-*"))
            .Select(path => VersionIn(Path.GetFileName(path)))
            .OfType<Version>()
            .Order()
            .Select(version => new ServerProgram(folder, version))
            .LastOrDefault();
    }

    private static Version? VersionIn(string text)
        => VersionPattern().Match(text) is { Success: true } match ? Version.Parse(match.Value) : null;

    [GeneratedRegex(@"\d+\.\d+(\.\d+)?", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex VersionPattern();
}
