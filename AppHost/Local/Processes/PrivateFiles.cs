using System.Text;

namespace Aspire.Hosting.Local.Processes;

/// <summary>Files and folders that only their owner can read, from the moment they exist.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the folder, and takes everybody else's access from one that exists.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw OnWindows();
        }

        const UnixFileMode mode = OwnerOnly | UnixFileMode.UserExecute;
        Directory.CreateDirectory(path, mode);
        if (File.GetUnixFileMode(path) != mode)
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>Replaces the file as a whole: a reader sees the old text or the new one.</summary>
    public static void Write(string path, string text, UnixFileMode mode = OwnerOnly)
    {
        if (OperatingSystem.IsWindows())
        {
            throw OnWindows();
        }

        // A name with a leading dot: whoever lists the folder does not see half a file.
        var draft = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.new");
        File.Delete(draft);
        using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
        }

        File.Move(draft, path, overwrite: true);
    }

    /// <summary>Also when the folder is gone already, as an ephemeral stack's is at its end.</summary>
    public static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // There is no such file.
        }
    }

    private static DistributedApplicationException OnWindows()
        => new("The default engine runs on Linux and macOS. On Windows run it inside WSL, or run real Aspire: UseAspire=true.");
}
