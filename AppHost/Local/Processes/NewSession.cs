namespace Aspire.Hosting.Local.Processes;

/// <summary>
/// Puts a command in front of which a program starts in a session, and so a process group, of its own: the terminal's Ctrl-C
/// then reaches AppHost alone, and one signal reaches the program with all that it has started. Either command replaces itself
/// by the program, which keeps the process id.
/// </summary>
internal static class NewSession
{
    private const string Perl = "use POSIX; POSIX::setsid() > 0 or die $!; exec { $ARGV[0] } @ARGV or die $!";

    public static (string FileName, IReadOnlyList<string> Arguments) Command { get; } = Find();

    private static (string, IReadOnlyList<string>) Find()
    {
        if (ProgramPath.Find("setsid") is { } setsid)
        {
            return (setsid, []);
        }

        // macOS has no setsid(1), but a Perl.
        return ProgramPath.Find("perl") is { } perl
            ? (perl, ["-e", Perl])
            : throw new DistributedApplicationException("AppHost needs setsid (of util-linux) or perl to start its processes, and finds neither on PATH.");
    }
}
