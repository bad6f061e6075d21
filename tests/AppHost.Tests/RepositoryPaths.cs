namespace AppHost.Tests;

internal static class RepositoryPaths
{
    /// <summary>The folder above AppHost's.</summary>
    public static string Root { get; } = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Projects.AppHost.ProjectPath))!;
}
