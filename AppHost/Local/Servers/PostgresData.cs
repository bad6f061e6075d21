using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>The data folder of a Postgres server: making it, and putting it in order after a crash.</summary>
internal static class PostgresData
{
    private const string PidFile = "postmaster.pid";
    private static readonly TimeSpan OrphanGrace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <param name="owner">User to whom the data belongs when AppHost is root; else null.</param>
    public static async Task InitializeAsync(
        string name, ServerProgram postgres, string data, string userName, string password, bool isEphemeral, string? owner, CancellationToken cancellationToken)
    {
        // Made under another name: a folder called like the data is complete.
        var draft = data + ".new";
        var passwordFile = data + ".password";
        try
        {
            await RemoveAsync(draft);
            PrivateFiles.Write(passwordFile, password + "\n");
            PrivateFiles.CreateFolder(draft);
            string[] become = [];
            if (owner is not null)
            {
                await OwnAsync(name, owner, [draft, passwordFile], cancellationToken);
                become = ["setpriv", $"--reuid={owner}", $"--regid={owner}", "--init-groups", "--"];
            }

            string[] command =
            [
                .. become, "env", .. CleanEnvironment().Keys.SelectMany(variable => new[] { "-u", variable }), postgres.Path("initdb"),
                "--pgdata", draft, "--username", userName, "--pwfile", passwordFile, "--auth", "scram-sha-256", "--encoding", "UTF8",
                .. Locale(postgres.Version), "--no-instructions", .. isEphemeral ? ["--no-sync"] : Array.Empty<string>(),
            ];
            var (exitCode, output) = await Command.RunAsync(command[0], command[1..], cancellationToken);
            if (exitCode != 0)
            {
                throw new DistributedApplicationException($"{name}: Postgres cannot make its data folder {data}:\n{output.Trim()}");
            }

            Directory.Move(draft, data);
        }
        finally
        {
            File.Delete(passwordFile);
            await RemoveAsync(draft);
        }
    }

    /// <summary>
    /// Ends the processes of a killed server. They would keep a new one from starting ("pre-existing shared memory block"), or, when
    /// its lock file names a process id that is now a stranger's, Postgres would take the stranger for itself.
    /// </summary>
    public static async Task EndOrphansAsync(string data, CancellationToken cancellationToken)
    {
        // The state folder's lock says that no other AppHost can have started them.
        var waited = Stopwatch.StartNew();
        var realPath = await RealPathAsync(data, cancellationToken);
        while (ProcessesIn(realPath) is { Count: > 0 } orphans)
        {
            if (waited.Elapsed > OrphanGrace)
            {
                throw new DistributedApplicationException($"Processes {string.Join(", ", orphans)} still use {data} and cannot be ended.");
            }

            foreach (var orphan in orphans)
            {
                Signals.Kill(orphan);
            }

            await Task.Delay(PollInterval, cancellationToken);
        }

        if (OperatingSystem.IsLinux())
        {
            File.Delete(Path.Combine(data, PidFile));
        }
    }

    /// <summary>Variables of libpq and Postgres that would overrule what AppHost says, as <see cref="ChildProcessOptions.Environment"/>.</summary>
    public static IReadOnlyDictionary<string, string?> CleanEnvironment()
        => Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(variable => variable.StartsWith("PG", StringComparison.Ordinal) || variable.StartsWith("LC_", StringComparison.Ordinal) || variable is "LANG" or "LANGUAGE")
            .ToDictionary(variable => variable, _ => (string?)null, StringComparer.Ordinal);

    private static string[] Locale(Version version) => version.Major >= 17
        ? ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
        // Every Debian has C.UTF-8; macOS calls it otherwise.
        : ["--locale", OperatingSystem.IsLinux() ? "C.UTF-8" : "C"];

    private static async Task OwnAsync(string name, string owner, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        var (exitCode, output) = await Command.RunAsync("chown", [$"{owner}:{owner}", .. paths], cancellationToken);
        if (exitCode != 0)
        {
            throw new DistributedApplicationException($"{name}: Postgres refuses to run as root and needs a user \"{owner}\": {output.Trim()}");
        }
    }

    private static async Task RemoveAsync(string folder)
    {
        if (Directory.Exists(folder))
        {
            await Task.Run(() => Directory.Delete(folder, recursive: true));
        }
    }

    /// <summary>The kernel reports working directories without symbolic links.</summary>
    private static async Task<string> RealPathAsync(string path, CancellationToken cancellationToken)
    {
        var (exitCode, output) = await Command.RunAsync("readlink", ["-f", path], cancellationToken);
        return exitCode == 0 ? output.TrimEnd('\n') : path;
    }

    /// <summary>Every process of Postgres has the data folder as its working directory.</summary>
    private static List<int> ProcessesIn(string data)
        => [.. ProcessTable.Read().Where(process => !process.IsZombie && WorkingDirectoryOf(process.Id) == data).Select(process => process.Id)];

    private static string? WorkingDirectoryOf(int processId)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/cwd")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
