using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>
/// The folders in which a RabbitMQ node finds nearly all of its thousand modules. Erlang looks through a path of a hundred folders,
/// mostly of plugins that are not enabled, for each of them: 52,000 failed attempts to open a file, a fifth of the time that the
/// start takes. With these in front it finds most at the first attempts; the rest of the path stays as it is.
/// </summary>
internal static class ErlangCodePath
{
    // By the number of modules that a start loads from each.
    private static readonly string[] OfRabbitMQ = ["rabbit", "rabbit_common", "rabbitmq_prelaunch", "ra", "ranch", "osiris", "cuttlefish"];
    private static readonly string[] OfErlang = ["kernel", "stdlib", "ssl", "inets", "compiler", "xmerl", "mnesia", "sasl", "tools", "public_key", "crypto", "syntax_tools", "os_mon"];

    /// <summary>As arguments of <c>erl</c>; none when the folders lie elsewhere than expected.</summary>
    public static string Arguments(ServerProgram rabbit)
    {
        var folders = ServerPrograms.PluginFolders(rabbit.Folder).SelectMany(plugins => CodeOf(plugins, OfRabbitMQ))
            .Concat(ErlangLibraries() is { } libraries ? CodeOf(libraries, OfErlang) : [])
            // The start script splits its variables at blanks.
            .Where(folder => !folder.Any(char.IsWhiteSpace))
            .ToList();
        return folders.Count == 0 ? "" : "-pa " + string.Join(' ', folders);
    }

    private static string? ErlangLibraries()
    {
        if (ProgramPath.Find("erl") is not { } erl)
        {
            return null;
        }

        var root = Path.GetDirectoryName(Path.GetDirectoryName(File.ResolveLinkTarget(erl, returnFinalTarget: true)?.FullName ?? erl))!;
        var libraries = Path.Combine(root, "lib");
        return Directory.Exists(libraries) ? libraries : null;
    }

    private static IEnumerable<string> CodeOf(string parent, IEnumerable<string> applications)
        => applications.SelectMany(application => Directory.EnumerateDirectories(parent, application + "-*"))
            .Select(folder => Path.Combine(folder, "ebin"))
            .Where(Directory.Exists);
}
