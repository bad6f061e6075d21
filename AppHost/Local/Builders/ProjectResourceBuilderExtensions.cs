using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Configuration;

namespace Aspire.Hosting;

public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new()
        => builder.AddProject(name, new TProject(), new ProjectResourceOptions());

    /// <param name="launchProfileName">Null: no launch profile is read.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new()
        => builder.AddProject(name, new TProject(), Profile(launchProfileName));

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new()
        => builder.AddProject(name, new TProject(), Configured(configure));

    /// <param name="projectPath">Relative to the AppHost's folder. The project is built when it is started.</param>
    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath)
        => builder.AddProject(name, new ProjectAtPath(builder, projectPath), new ProjectResourceOptions());

    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, string projectPath, string? launchProfileName)
        => builder.AddProject(name, new ProjectAtPath(builder, projectPath), Profile(launchProfileName));

    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, string projectPath, Action<ProjectResourceOptions> configure)
        => builder.AddProject(name, new ProjectAtPath(builder, projectPath), Configured(configure));

    /// <summary>Runs several processes, each at an address of its own.</summary>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }

    private static ProjectResourceOptions Profile(string? name) => new() { LaunchProfileName = name, ExcludeLaunchProfile = name is null };

    private static ProjectResourceOptions Configured(Action<ProjectResourceOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new ProjectResourceOptions();
        configure(options);
        return options;
    }

    private static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata, ProjectResourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var project = builder.AddResource(new ProjectResource(name))
            .WithAnnotation(metadata)
            .WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        if (builder.ExecutionContext.IsPublishMode)
        {
            project.WithEnvironment(context => AddPublishVariables(context, project.Resource));
        }

        if (!options.ExcludeLaunchProfile)
        {
            var profileName = options.LaunchProfileName ?? builder.Configuration["AppHost:DefaultLaunchProfileName"] ?? builder.Configuration["LAUNCH_PROFILE"];
            var directory = Path.GetDirectoryName(metadata.ProjectPath)!;
            var profile = options.LaunchProfileName is null && profileName is not null
                ? TryRead(directory, profileName)
                : LaunchProfile.Read(directory, profileName);
            project.UseLaunchProfile(profile, builder.ExecutionContext);
        }

        return project;
    }

    // The AppHost's default profile is a wish: a project that has no profile of that name uses its first.
    private static LaunchProfile? TryRead(string directory, string name)
    {
        try
        {
            return LaunchProfile.Read(directory, name);
        }
        catch (DistributedApplicationException)
        {
            return LaunchProfile.Read(directory);
        }
    }

    private static void UseLaunchProfile(
        this IResourceBuilder<ProjectResource> project, LaunchProfile? profile, DistributedApplicationExecutionContext executionContext)
    {
        if (profile is null)
        {
            return;
        }

        if (executionContext.IsRunMode)
        {
            project.WithAnnotation(new LaunchProfileAnnotation(profile.Name, profile.EnvironmentVariables));
        }

        var perScheme = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var url in profile.ApplicationUrl?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            var uri = new Uri(url);
            var number = perScheme[uri.Scheme] = perScheme.GetValueOrDefault(uri.Scheme) + 1;
            project.WithEndpoint(
                port: executionContext.IsRunMode ? uri.Port : null,
                scheme: uri.Scheme,
                name: number == 1 ? uri.Scheme : uri.Scheme + number.ToString(CultureInfo.InvariantCulture));
        }
    }

    // Behind a deployment's ingress a service trusts the forwarded scheme, and listens where the deployment says.
    private static void AddPublishVariables(EnvironmentCallbackContext context, ProjectResource project)
    {
        if (project.Endpoints().Any())
        {
            context.EnvironmentVariables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
        }

        foreach (var scheme in new[] { "http", "https" })
        {
            var ports = project.Endpoints()
                .Where(e => e.UriScheme == scheme && e.PortVariable is null)
                .Select(e => new EndpointReference(project, e).Property(EndpointProperty.TargetPort))
                .ToList();
            if (ports.Count > 0)
            {
                context.EnvironmentVariables[$"{scheme.ToUpperInvariant()}_PORTS"] = new JoinedValues(ports);
            }
        }
    }

    /// <summary>Values with <c>;</c> between them.</summary>
    private sealed class JoinedValues(IReadOnlyList<EndpointReferenceExpression> values) : IValueProvider, IManifestExpressionProvider, IValueWithReferences
    {
        public string ValueExpression => string.Join(';', values.Select(v => v.ValueExpression));

        public IEnumerable<object> References => values;

        public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
        {
            var parts = new List<string?>();
            foreach (var value in values)
            {
                parts.Add(await value.GetValueAsync(cancellationToken));
            }

            return string.Join(';', parts);
        }
    }

    private sealed class ProjectAtPath : IProjectMetadata
    {
        public ProjectAtPath(IDistributedApplicationBuilder builder, string projectPath)
        {
            ArgumentNullException.ThrowIfNull(builder);
            ArgumentException.ThrowIfNullOrEmpty(projectPath);
            var path = Path.GetFullPath(projectPath, builder.AppHostDirectory);
            ProjectPath = Directory.Exists(path) && Directory.GetFiles(path, "*.csproj") is [var only] ? only : path;
            if (!File.Exists(ProjectPath))
            {
                throw new DistributedApplicationException($"There is no project at '{path}'.");
            }
        }

        public string ProjectPath { get; }
    }
}
