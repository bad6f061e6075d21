using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting
{
    /// <summary>Where a project is. The build writes one implementation per referenced project (<c>Projects.X</c>).</summary>
    public interface IProjectMetadata : IResourceAnnotation
    {
        string ProjectPath { get; }

        /// <summary>The project was built with the AppHost.</summary>
        bool SuppressBuild => false;
    }

    /// <summary>A resource that others find by its name.</summary>
    public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

    public sealed class ProjectResourceOptions
    {
        /// <summary>A profile of the project's <c>launchSettings.json</c>; the first when null.</summary>
        public string? LaunchProfileName { get; set; }

        public bool ExcludeLaunchProfile { get; set; }
    }
}

namespace Aspire.Hosting.Local
{
    /// <summary>What the default engine starts: the built assembly, by <c>dotnet</c>.</summary>
    public interface IBuiltProject
    {
        string AssemblyPath { get; }
    }
}
