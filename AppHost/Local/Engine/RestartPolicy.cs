namespace Aspire.Hosting.Local.Engine;

/// <summary>When something that ended by itself is started again.</summary>
internal static class RestartPolicy
{
    /// <summary>Ends before the first healthy moment that are put up with: the first may be bad luck, the third is a mistake.</summary>
    public const int EndsBeforeFirstHealthy = 3;

    /// <summary>After this long without an end the next one counts as the first.</summary>
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Half a second, then twice as long each time, at most 30 s.</summary>
    /// <param name="ends">Ends in a row, from 1.</param>
    public static TimeSpan Delay(int ends)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ends, 1);
        var doublings = Math.Min(ends - 1, 16);
        var delay = First * (1 << doublings);
        return delay < Longest ? delay : Longest;
    }

    /// <summary>
    /// A server or a service always runs. A program, and a project without an endpoint, may be done when it ends well; nor is
    /// restarted whose end somebody waits for.
    /// </summary>
    public static bool Applies(ApplicationModel.IResource resource, bool isAwaited, int exitCode) => resource switch
    {
        _ when isAwaited => false,
        ApplicationModel.ContainerResource => true,
        ApplicationModel.ProjectResource => exitCode != 0 || ApplicationModel.AnnotationExtensions.Endpoints(resource).Any(),
        _ => false,
    };
}
