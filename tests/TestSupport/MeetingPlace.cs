using System.Diagnostics;
using System.Text.Json;

namespace TestSupport;

/// <summary>
/// The folder by which the test processes of one run share one stack. <c>dotnet test</c> runs every test assembly in a process of
/// its own, several at a time; the first that needs the stack starts it, each that uses it holds a lease, and the stack ends
/// itself when nobody holds one any more. Leases, and the stack's own sign of life, are file locks: the kernel gives them back
/// however their holder ends, so that an announcement left behind by a killed stack is never mistaken for a running one.
/// </summary>
public sealed class MeetingPlace(string folder)
{
    /// <summary>How long an unused stack waits for the next test assembly.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>As many as Redis has databases, but for number 0, which the stack's own services use.</summary>
    private const int Places = 15;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Open until this process ends. Static, because nobody keeps the meeting place: a collected one would close its lease.</summary>
    private static FileStream? lease;

    /// <summary>Open for as long as the stack that this process is can be joined.</summary>
    private static FileStream? signOfLife;

    /// <summary>The folder itself.</summary>
    public string Folder => folder;

    private string AnnouncementFile => Path.Combine(folder, "stack.json");

    private string SignOfLifeFile => Path.Combine(folder, "alive");

    /// <summary>What the stack's process printed: the place to look when it did not come up.</summary>
    public string LogFile => Path.Combine(folder, "stack.log");

    /// <summary>
    /// Returns the running stack, or starts one; holds a lease on it until this process ends. The place is a number from 1 to 15
    /// that no other living test process has.
    /// </summary>
    /// <param name="start">Starts the stack's process; called with the door closed, so that only one is started.</param>
    public async Task<(StackAddress Stack, int Place)> JoinAsync(Func<Process> start)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var door = await CloseDoorAsync();

        var stack = IsStackAlive() ? Read() : null;
        if (stack is null)
        {
            File.Delete(AnnouncementFile);
            using var process = start();
            stack = await WaitForAnnouncementAsync(process);
        }

        return (stack, HoldLease());
    }

    /// <summary>Tells the waiting test processes where the stack is.</summary>
    public async Task AnnounceAsync(StackAddress stack)
    {
        signOfLife = new FileStream(SignOfLifeFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var draft = AnnouncementFile + ".draft";
        await using (var file = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, // it holds passwords
        }))
        {
            await JsonSerializer.SerializeAsync(file, stack);
        }

        File.Move(draft, AnnouncementFile, overwrite: true);
    }

    /// <summary>Returns when no test process has used the stack for a while; from then on nobody can join it.</summary>
    public async Task WaitUntilDesertedAsync()
    {
        var lastUse = DateTimeOffset.UtcNow;
        while (true)
        {
            await Task.Delay(Poll);
            if (AnyLeaseHeld())
            {
                lastUse = DateTimeOffset.UtcNow;
            }
            else if (DateTimeOffset.UtcNow - lastUse > Patience)
            {
                await using var door = await CloseDoorAsync();
                if (!AnyLeaseHeld())
                {
                    signOfLife?.Dispose();
                    File.Delete(AnnouncementFile);
                    return;
                }
            }
        }
    }

    private async Task<FileStream> CloseDoorAsync()
    {
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(folder, "door"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(Poll); // somebody is starting the stack, or ending it
            }
        }
    }

    private async Task<StackAddress> WaitForAnnouncementAsync(Process process)
    {
        while (true)
        {
            if (Read() is { } stack)
            {
                return stack;
            }

            if (process.HasExited)
            {
                var log = File.Exists(LogFile) ? await File.ReadAllTextAsync(LogFile) : "(it printed nothing)";
                throw new InvalidOperationException($"The stack for the tests did not start. Its output:\n{log}");
            }

            await Task.Delay(Poll);
        }
    }

    private StackAddress? Read()
    {
        try
        {
            return JsonSerializer.Deserialize<StackAddress>(File.ReadAllBytes(AnnouncementFile));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private bool IsStackAlive()
    {
        try
        {
            using var unheld = new FileStream(SignOfLifeFile, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private int HoldLease()
    {
        for (var place = 1; place <= Places; place++)
        {
            try
            {
                lease = new FileStream(Path.Combine(folder, $"lease-{place}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return place;
            }
            catch (IOException)
            {
                // Taken by another test process.
            }
        }

        throw new InvalidOperationException($"More than {Places} test processes at once.");
    }

    private bool AnyLeaseHeld()
    {
        foreach (var file in Directory.EnumerateFiles(folder, "lease-*"))
        {
            try
            {
                // It stays: whoever has opened it and not locked it yet would hold a lease on a file that nobody sees.
                using var unheld = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                return true;
            }
        }

        return false;
    }
}
