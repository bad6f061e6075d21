using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;

    public WaitType WaitType { get; } = waitType;

    /// <summary>The exit code that counts as success, for <see cref="WaitType.WaitForCompletion"/>.</summary>
    public int ExitCode { get; } = exitCode;

    public WaitBehavior? WaitBehavior { get; init; }
}

public enum WaitType
{
    WaitUntilHealthy = 0,
    WaitForCompletion = 1,
    WaitUntilStarted = 2,
}

public enum WaitBehavior
{
    /// <summary>Wait on when the dependency has ended: somebody may start it again.</summary>
    WaitOnResourceUnavailable = 0,

    /// <summary>Give up when the dependency has ended.</summary>
    StopOnResourceUnavailable = 1,
}

public sealed class ReplicaAnnotation(int replicas = 1) : IResourceAnnotation
{
    public int Replicas { get; } = replicas;
}

public enum ContainerLifetime
{
    Session = 0,
    Persistent = 1,
}

public sealed class ContainerLifetimeAnnotation : IResourceAnnotation
{
    public required ContainerLifetime Lifetime { get; init; }
}

public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    public string? Registry { get; set; }

    public required string Image { get; set; }

    public string? Tag { get; set; }
}

/// <summary>A named volume; the default engine keeps data in its state folder instead.</summary>
internal sealed record VolumeAnnotation(string Name, string Target, bool IsReadOnly) : IResourceAnnotation;

/// <summary>Redis writes a snapshot after this time when so many keys changed.</summary>
internal sealed record RedisPersistenceAnnotation(TimeSpan Interval, long KeysChangedThreshold) : IResourceAnnotation;

internal sealed record ExcludeFromManifestAnnotation : IResourceAnnotation;

internal sealed record ExplicitStartAnnotation : IResourceAnnotation;

internal sealed record RelationshipAnnotation(IResource Resource, string Type) : IResourceAnnotation;

/// <summary>The endpoints of a resource that another one is told about, in one pass however often it refers to them.</summary>
internal sealed class EndpointReferenceAnnotation(IResourceWithEndpoints resource) : IResourceAnnotation
{
    public IResourceWithEndpoints Resource { get; } = resource;

    public bool UseAllEndpoints { get; set; }

    public HashSet<string> EndpointNames { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>A question that is asked of a running instance until it says it is healthy, and regularly afterwards.</summary>
internal sealed record HealthProbeAnnotation(string Key, Func<HealthProbeContext, CancellationToken, Task<HealthCheckResult>> Probe) : IResourceAnnotation;

/// <param name="Port">The instance's port of an endpoint.</param>
/// <param name="Server">The server that runs here, if it is one.</param>
internal sealed record HealthProbeContext(Func<string, int> Port, HttpClient Http, Aspire.Hosting.Local.Servers.IBackingServer? Server);

/// <summary>Done when a server is healthy for the first time after a start, before anybody who waits for it goes on.</summary>
internal sealed record ReadyCallbackAnnotation(Func<CancellationToken, Task> Callback) : IResourceAnnotation;

/// <summary>The resource lives outside: configuration holds a connection string of its name, and nothing is started for it.</summary>
internal sealed class ExternalConnectionAnnotation(string connectionString) : IResourceAnnotation
{
    public ReferenceExpression Expression { get; } = ReferenceExpression.Create($"{connectionString}");
}

/// <summary>A server whose databases all live elsewhere: it is not started and nobody waits for it.</summary>
internal sealed record NotNeededAnnotation : IResourceAnnotation;

/// <summary>Variables and a name from <c>launchSettings.json</c>.</summary>
internal sealed record LaunchProfileAnnotation(string Name, IReadOnlyDictionary<string, string> Variables) : IResourceAnnotation;

internal static class AnnotationExtensions
{
    public static T? LastAnnotation<T>(this IResource resource)
        where T : class, IResourceAnnotation
        => resource.Annotations.OfType<T>().LastOrDefault();

    public static bool Has<T>(this IResource resource)
        where T : class, IResourceAnnotation
        => resource.Annotations.OfType<T>().Any();

    public static ReferenceExpression? ExternalConnection(this IResource resource)
        => resource.LastAnnotation<ExternalConnectionAnnotation>()?.Expression;

    public static int ReplicaCount(this IResource resource) => resource.LastAnnotation<ReplicaAnnotation>()?.Replicas ?? 1;

    public static IEnumerable<EndpointAnnotation> Endpoints(this IResource resource) => resource.Annotations.OfType<EndpointAnnotation>();
}
