using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Engine;

/// <summary>How a project or program is started.</summary>
internal static class ProcessCommand
{
    public static string Describe(IResource resource) => resource switch
    {
        ExecutableResource executable => executable.Command,
        _ => Project(resource).ProjectPath,
    };

    public static async Task<ChildProcessOptions> CreateAsync(
        ResourceInstance instance, IReadOnlyList<ProcessVariable> variables, Action<string, bool> onLine, CancellationToken cancellationToken)
    {
        var arguments = await ProcessEnvironment.ArgumentsAsync(instance, cancellationToken);
        var (fileName, directory, before) = instance.Resource is ExecutableResource executable
            ? (executable.Command, executable.WorkingDirectory, [])
            : Start(Project(instance.Resource));
        return new()
        {
            Name = instance.Resource.Name,
            FileName = fileName,
            WorkingDirectory = directory,
            Arguments = [.. before, .. arguments],
            Environment = ProcessEnvironment.Overlay(variables),
            OnLine = onLine,
        };
    }

    private static IProjectMetadata Project(IResource resource) => resource.Annotations.OfType<IProjectMetadata>().Last();

    // A project that was built with AppHost is run as it is; another one is built when it is started.
    private static (string FileName, string Directory, string[] Arguments) Start(IProjectMetadata project)
    {
        var directory = Path.GetDirectoryName(project.ProjectPath)!;
        if (project is not IBuiltProject built)
        {
            return (DotNetHost.Path, directory, ["run", "--project", project.ProjectPath, "--no-launch-profile", "--"]);
        }

        return File.Exists(built.AssemblyPath)
            ? (DotNetHost.Path, directory, [built.AssemblyPath])
            : throw new DistributedApplicationException($"'{built.AssemblyPath}' does not exist. Build AppHost again: dotnet build AppHost");
    }
}
