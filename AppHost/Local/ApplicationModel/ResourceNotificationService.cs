using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Knows the state of every instance and tells everybody who watches.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private readonly IResourceCollection _resources;
    private bool _isDisposed;

    internal ResourceNotificationService(IResourceCollection resources) => _resources = resources;

    /// <summary>What a wait does when the resource has ended, unless told otherwise.</summary>
    internal WaitBehavior DefaultWaitBehavior { get; set; } = WaitBehavior.StopOnResourceUnavailable;

    /// <summary>Changes the state of the resource's one instance.</summary>
    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return PublishUpdateAsync(resource, resource.Name, stateFactory);
    }

    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(stateFactory);
        Publish(resource, resourceId, stateFactory);
        return Task.CompletedTask;
    }

    /// <param name="resourceId">An instance's id, or the name of a resource that has one instance.</param>
    public bool TryGetCurrentState(string resourceId, out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            if (_current.TryGetValue(resourceId, out resourceEvent))
            {
                return true;
            }

            var instances = Instances(resourceId);
            resourceEvent = instances is [var only] ? only : null;
            return resourceEvent is not null;
        }
    }

    /// <summary>The state of every instance as it is, then every change, until cancelled or the application has ended.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>(new() { SingleReader = true });
        lock (_lock)
        {
            foreach (var known in _current.Values)
            {
                channel.Writer.TryWrite(known);
            }

            if (_isDisposed)
            {
                channel.Writer.TryComplete();
            }

            _watchers.Add(channel);
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return change;
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(channel);
            }
        }
    }

    /// <param name="targetState"><see cref="KnownResourceStates.Running"/> when null.</param>
    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default)
        => WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <returns>The state that was reached first.</returns>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var states = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForResourceAsync(resourceName, e => e.Snapshot.State is { } state && states.Contains(state.Text), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        await foreach (var change in WatchAsync(cancellationToken))
        {
            if (IsNamed(change, resourceName) && predicate(change))
            {
                return change;
            }
        }

        throw new OperationCanceledException($"The application ended before '{resourceName}' got there.");
    }

    /// <summary>Waits until every instance is healthy, and what dependents rely on is done.</summary>
    /// <exception cref="DistributedApplicationException">The resource failed or has ended for good; the message says why.</exception>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
        => WaitForResourceHealthyAsync(resourceName, DefaultWaitBehavior, cancellationToken);

    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        if (!_resources.TryGetByName(resourceName, out _))
        {
            throw new ArgumentException($"There is no resource named '{resourceName}'.", nameof(resourceName));
        }

        var instances = await WaitForInstancesAsync(resourceName, waitBehavior, e => e.Snapshot.IsReady && IsHealthy(e), cancellationToken);
        return instances[^1];
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryComplete();
            }
        }

        GC.SuppressFinalize(this);
    }

    internal void Publish(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_lock)
        {
            var before = _current.GetValueOrDefault(resourceId)?.Snapshot
                ?? new CustomResourceSnapshot { ResourceType = TypeOf(resource), Properties = [], CreationTimeStamp = DateTime.UtcNow };
            var change = new ResourceEvent(resource, resourceId, stateFactory(before));
            _current[resourceId] = change;
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(change);
            }
        }
    }

    internal static bool IsHealthy(ResourceEvent e)
        => e.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy;

    /// <summary>Waits until the condition holds for every instance at the same time.</summary>
    internal async Task<IReadOnlyList<ResourceEvent>> WaitForInstancesAsync(
        string resourceName, WaitBehavior waitBehavior, Func<ResourceEvent, bool> condition, CancellationToken cancellationToken)
    {
        await foreach (var change in WatchAsync(cancellationToken))
        {
            if (!IsNamed(change, resourceName))
            {
                continue;
            }

            IReadOnlyList<ResourceEvent> instances;
            lock (_lock)
            {
                instances = Instances(resourceName);
            }

            if (instances.All(condition))
            {
                return instances;
            }

            if (waitBehavior == WaitBehavior.StopOnResourceUnavailable && instances.FirstOrDefault(e => e.Snapshot.IsFinal) is { } ended)
            {
                throw new DistributedApplicationException(
                    $"'{resourceName}' is {ended.Snapshot.State!.Text}. {ended.Snapshot.Reason}".TrimEnd());
            }
        }

        throw new OperationCanceledException($"The application ended before '{resourceName}' got there.");
    }

    private static bool IsNamed(ResourceEvent change, string name)
        => string.Equals(change.Resource.Name, name, StringComparison.OrdinalIgnoreCase)
            || string.Equals(change.ResourceId, name, StringComparison.OrdinalIgnoreCase);

    private static string TypeOf(IResource resource) => resource switch
    {
        ProjectResource => "Project",
        ExecutableResource => "Executable",
        ParameterResource => "Parameter",
        _ => resource.GetType().Name.Replace("Resource", string.Empty, StringComparison.Ordinal),
    };

    private List<ResourceEvent> Instances(string name) => [.. _current.Values.Where(e => IsNamed(e, name))];
}
