using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Aspire.Hosting.Local.Processes;

/// <summary>
/// Where one stack keeps what it writes: <c>AppHost/.local</c>, which survives a restart, or a temporary folder, which goes with
/// the stack. It belongs to one AppHost at a time and only its user can read it.
/// </summary>
internal sealed class StateFolder : IDisposable
{
    /// <summary>Ephemeral folders are called so, followed by 8 characters.</summary>
    internal const string EphemeralPrefix = "platform-";

    private const string PostgresSuffix = "-postgres";
    private const string LockName = "lock";
    private const string OwnerName = "owner";
    private const int RemovalAttempts = 100;

    // root's Postgres runs as another user, and other users cannot enter a checkout below /root.
    private const string RootsData = "/var/lib/platform";

    private static readonly TimeSpan RemovalPause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _lock;

    private StateFolder(string path, string postgresData, bool isEphemeral, FileStream ownership)
    {
        Path = path;
        PostgresData = postgresData;
        IsEphemeral = isEphemeral;
        _lock = ownership;
        PrivateFiles.Write(System.IO.Path.Combine(path, OwnerName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    public string Path { get; }

    public bool IsEphemeral { get; }

    /// <summary>Holds a folder per Postgres server. Elsewhere than <see cref="Path"/> when AppHost runs as root.</summary>
    public string PostgresData { get; }

    /// <summary>Records of the processes that run for this stack.</summary>
    public string Processes => System.IO.Path.Combine(Path, "processes");

    /// <summary>What goes with an ephemeral stack; the folder that holds the lock last.</summary>
    internal IReadOnlyList<string> Ephemeral => IsEphemeral ? [PostgresData, Path] : [];

    /// <exception cref="DistributedApplicationException">Another AppHost uses the folder, or it cannot be made.</exception>
    public static StateFolder Open(string appHostDirectory, bool ephemeral)
    {
        try
        {
            return ephemeral ? OpenEphemeral() : OpenPersistent(System.IO.Path.GetFullPath(appHostDirectory));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DistributedApplicationException($"AppHost cannot use its folder: {e.Message} Was it made by another user, by root for example?", e);
        }
    }

    /// <summary>The folder of one resource; made when missing.</summary>
    public string For(string resourceName)
    {
        ArgumentException.ThrowIfNullOrEmpty(resourceName);
        if (resourceName.AsSpan().IndexOfAny('/', '\0') >= 0 || resourceName[0] == '.')
        {
            throw new ArgumentException($"\"{resourceName}\" cannot be the name of a folder.", nameof(resourceName));
        }

        var folder = System.IO.Path.Combine(Path, resourceName);
        PrivateFiles.CreateFolder(folder);
        return folder;
    }

    public void Dispose()
    {
        PrivateFiles.Delete(System.IO.Path.Combine(Path, OwnerName));
        foreach (var folder in Ephemeral)
        {
            Remove(folder);
        }

        _lock.Dispose();
    }

    /// <summary>
    /// Takes over an ephemeral folder that an AppHost of this user has left behind; null when it is not one, or is in use.
    /// </summary>
    internal static StateFolder? TryTakeOver(string folder)
    {
        // A folder in /tmp may be anybody's trap: -O asks whether it is our own, which .NET cannot.
        if (Command.Run("/bin/sh", "-c", """[ -O "$1" ] && [ -d "$1" ] && [ ! -L "$1" ]""", "sh", folder).ExitCode != 0
            || TryLock(folder) is not { } ownership)
        {
            return null;
        }

        return new StateFolder(folder, PostgresFolder(folder), isEphemeral: true, ownership);
    }

    private static StateFolder OpenPersistent(string appHostDirectory)
    {
        var path = System.IO.Path.Combine(appHostDirectory, ".local");
        PrivateFiles.CreateFolder(path);
        var ownership = TryLock(path) ?? throw InUse(path);
        try
        {
            var postgresData = System.IO.Path.Combine(path, "postgres-data");
            if (Environment.IsPrivilegedProcess)
            {
                postgresData = System.IO.Path.Combine(RootsData, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(appHostDirectory)))[..16]);
                CreateEnterableFolder(RootsData);
                CreateEnterableFolder(postgresData);
                // For the person who wonders later whose data this is.
                PrivateFiles.Write(System.IO.Path.Combine(postgresData, "checkout"), appHostDirectory + "\n");
            }
            else
            {
                PrivateFiles.CreateFolder(postgresData);
            }

            return new StateFolder(path, postgresData, isEphemeral: false, ownership);
        }
        catch
        {
            ownership.Dispose();
            throw;
        }
    }

    private static StateFolder OpenEphemeral()
    {
        // Locked before it gets the name by which others find abandoned folders.
        var draft = Directory.CreateTempSubdirectory(".platform-").FullName;
        var ownership = TryLock(draft)!;
        var path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(draft)!, EphemeralPrefix + RandomNumberGenerator.GetHexString(8, lowercase: true));
        Directory.Move(draft, path);
        var postgresData = PostgresFolder(path);
        if (Environment.IsPrivilegedProcess)
        {
            CreateEnterableFolder(postgresData);
        }
        else
        {
            PrivateFiles.CreateFolder(postgresData);
        }

        return new StateFolder(path, postgresData, isEphemeral: true, ownership);
    }

    /// <summary>
    /// Deletes a folder that somebody else may be deleting too (the next AppHost takes a half-deleted one for abandoned) or still
    /// writing to (a server in its last moments).
    /// </summary>
    private static void Remove(string folder)
    {
        for (var attempt = 1; Directory.Exists(folder); attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (attempt < RemovalAttempts)
            {
                Thread.Sleep(RemovalPause);
            }
        }
    }

    private static string PostgresFolder(string ephemeralPath)
        => Environment.IsPrivilegedProcess
            ? System.IO.Path.Combine(EnterableTemporaryFolder(), System.IO.Path.GetFileName(ephemeralPath) + PostgresSuffix)
            : System.IO.Path.Combine(ephemeralPath, "postgres-data");

    /// <summary>The temporary folder, when every user can enter it: root's TMPDIR may be one that only root can.</summary>
    private static string EnterableTemporaryFolder()
        => new[] { System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetTempPath()), "/tmp", "/var/tmp" }.FirstOrDefault(IsEnterable) ?? RootsData;

    private static bool IsEnterable(string folder)
    {
        for (var current = new DirectoryInfo(folder); current is not null; current = current.Parent)
        {
            if (!current.Exists || !current.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Others may pass through to what is theirs inside, but not list it.</summary>
    private static void CreateEnterableFolder(string path)
    {
        PrivateFiles.CreateFolder(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }

    private static FileStream? TryLock(string folder)
    {
        try
        {
            // FileShare.None is flock(2): it ends with the process, however that ends.
            return new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static DistributedApplicationException InUse(string path)
    {
        var owner = System.IO.Path.Combine(path, OwnerName);
        var who = File.Exists(owner) && File.ReadAllText(owner) is { Length: > 0 } id ? $"Another AppHost (process {id})" : "Another AppHost";
        return new DistributedApplicationException(
            $"{who} already runs with the data in {path}. Stop it first, or start a second stack beside it, with data and ports of its own: dotnet run --project AppHost -- --ephemeral=true");
    }
}
