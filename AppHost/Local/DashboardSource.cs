using System.Runtime.CompilerServices;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Dashboard;
using Aspire.Hosting.Local.Engine;

namespace Aspire.Hosting.Local;

/// <summary>What the dashboard shows and orders, from the engine's services.</summary>
internal sealed class DashboardSource(ApplicationEngine engine, ResourceNotificationService notifications, ResourceLoggerService logs) : IDashboardSource
{
    public async IAsyncEnumerable<DashboardResource> WatchResourcesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var change in notifications.WatchAsync(cancellationToken))
        {
            yield return await DescribeAsync(change, cancellationToken);
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<DashboardLogLine>> WatchLogsAsync(string resourceId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (engine.Supervisors(resourceId) is not [var supervisor, ..])
        {
            yield break;
        }

        await foreach (var batch in logs.EntriesAsync(supervisor.Instance.Id, cancellationToken))
        {
            yield return [.. batch.Select(e => new DashboardLogLine(e.Number, e.At, e.Text, e.IsError))];
        }
    }

    public async Task<string?> ExecuteAsync(string resourceId, string command, CancellationToken cancellationToken)
    {
        var result = await new ResourceCommandService(engine).ExecuteCommandAsync(resourceId, command, cancellationToken);
        return result.Success ? null : result.Message ?? "It was cancelled.";
    }

    private async Task<DashboardResource> DescribeAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        var (resource, snapshot) = (change.Resource, change.Snapshot);
        var state = snapshot.State?.Text ?? KnownResourceStates.NotStarted;
        return new()
        {
            Id = change.ResourceId,
            Name = resource.Name,
            Type = snapshot.ResourceType,
            Parent = snapshot.Relationships.FirstOrDefault(r => r.Type == RelationshipTypes.Parent)?.ResourceName,
            State = state,
            Health = snapshot.HealthStatus?.ToString(),
            ExitCode = snapshot.ExitCode,
            Restarts = snapshot.Restarts,
            ProcessId = snapshot.ProcessId,
            StartedAt = snapshot.StartTimeStamp is { } start ? new DateTimeOffset(start, TimeSpan.Zero) : null,
            Source = engine.Supervisors(change.ResourceId) is [var supervisor, ..] ? supervisor.Source : null,
            WaitingFor = snapshot.WaitingFor,
            Urls = [.. snapshot.Urls.Where(u => !u.IsInternal).OrderByDescending(u => u.DisplayProperties.SortOrder)
                .Select(u => new DashboardUrl(u.Url, u.DisplayProperties.DisplayName is { Length: > 0 } text ? text : null, u.Name))],
            Environment = [.. snapshot.EnvironmentVariables.Select(v => new DashboardVariable(v.Name, v.Value ?? string.Empty, v.IsSecret))],
            HealthReports = [.. snapshot.HealthReports.Select(r => new DashboardHealthReport(
                r.Name, r.Status?.ToString(), r.Description, r.LastRunAt is { } at ? new DateTimeOffset(at, TimeSpan.Zero) : null))],
            Relationships = [.. snapshot.Relationships.Select(r => new DashboardRelationship(r.ResourceName, r.Type))],
            ConnectionString = await ConnectionStringAsync(resource, cancellationToken),
            Commands = Commands(resource, state, snapshot),
            IsHidden = snapshot.IsHidden,
        };
    }

    private static async Task<string?> ConnectionStringAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            return resource is IResourceWithConnectionString source ? await source.GetConnectionStringAsync(cancellationToken) : null;
        }
        catch (Exception e) when (e is InvalidOperationException or DistributedApplicationException)
        {
            return null; // Not known yet.
        }
    }

    private static IReadOnlyList<string> Commands(IResource resource, string state, CustomResourceSnapshot snapshot)
    {
        if (resource is not IComputeResource || resource.ExternalConnection() is not null)
        {
            return [];
        }

        return state == KnownResourceStates.NotStarted || snapshot.IsFinal
            ? [KnownResourceCommands.StartCommand]
            : state == KnownResourceStates.Stopping ? [] : [KnownResourceCommands.StopCommand, KnownResourceCommands.RestartCommand];
    }
}
