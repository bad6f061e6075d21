using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local.Engine;

/// <summary>Everything ends in reverse order of its start: who is waited for ends after those who wait for it.</summary>
internal static class ShutdownPlan
{
    /// <summary>The time for everything. What has not ended by then is killed.</summary>
    public static readonly TimeSpan Total = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>0 for what waits for nobody; else one more than the highest of those it waits for.</summary>
    public static int Level(IResource resource)
    {
        var dependencies = resource.Annotations.OfType<WaitAnnotation>().Select(w => w.Resource);
        if (resource is IResourceWithParent child)
        {
            dependencies = dependencies.Append(child.Parent);
        }

        return dependencies.Select(d => Level(d) + 1).DefaultIfEmpty(0).Max();
    }

    /// <summary>The time for one level: the last gets what is left, those before at most 6 s, so that the servers have time to save.</summary>
    /// <param name="level">The level that ends now; 0 is the last.</param>
    public static TimeSpan Grace(TimeSpan remaining, int level)
    {
        var grace = level == 0 || remaining < Longest ? remaining : Longest;
        return grace > Shortest ? grace : Shortest;
    }
}
