using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local.Engine;

/// <summary>Holds an instance back until everything it waits for has got there. Every step is written to its console.</summary>
internal sealed class DependencyGate(ResourceNotificationService notifications, ResourceLog log)
{
    /// <exception cref="DistributedApplicationException">Something it waits for has ended, and it is not to wait on.</exception>
    public async Task WaitAsync(
        ResourceInstance instance, Action<Func<CustomResourceSnapshot, CustomResourceSnapshot>> publish, CancellationToken cancellationToken)
    {
        var waits = instance.Resource.Annotations.OfType<WaitAnnotation>().DistinctBy(w => (w.Resource.Name, w.WaitType)).ToList();

        // A database is there when its server is, whether anybody wrote that down or not.
        if (instance.Resource is PostgresDatabaseResource database && database.ExternalConnection() is null)
        {
            waits.Add(new(database.Parent, WaitType.WaitUntilHealthy));
        }

        waits.RemoveAll(w => w.Resource.Has<NotNeededAnnotation>());
        if (waits.Count == 0)
        {
            return;
        }

        var open = waits.Select(w => w.Resource.Name).ToList();
        publish(s => s with { State = KnownResourceStates.Waiting, WaitingFor = string.Join(", ", open), Reason = null, WillRestart = false, IsReady = false });
        await Task.WhenAll(waits.Select(async wait =>
        {
            log.Write($"[AppHost] Waiting for '{wait.Resource.Name}' {Goal(wait)}.", isError: false);
            await WaitAsync(wait, cancellationToken);
            log.Write($"[AppHost] '{wait.Resource.Name}' is there.", isError: false);
            lock (open)
            {
                open.Remove(wait.Resource.Name);
                publish(s => s.State?.Text == KnownResourceStates.Waiting ? s with { WaitingFor = string.Join(", ", open) } : s);
            }
        }));
    }

    private static string Goal(WaitAnnotation wait) => wait.WaitType switch
    {
        WaitType.WaitForCompletion => $"to end with exit code {wait.ExitCode}",
        WaitType.WaitUntilStarted => "to start",
        _ => "to become healthy",
    };

    private async Task WaitAsync(WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        var behavior = wait.WaitBehavior ?? notifications.DefaultWaitBehavior;
        switch (wait.WaitType)
        {
            case WaitType.WaitForCompletion:
                var ended = await notifications.WaitForInstancesAsync(name, WaitBehavior.WaitOnResourceUnavailable, e => e.Snapshot.IsFinal, cancellationToken);
                if (ended.FirstOrDefault(e => e.Snapshot.State!.Text == KnownResourceStates.FailedToStart || e.Snapshot.ExitCode != wait.ExitCode) is { } wrong)
                {
                    throw new DistributedApplicationException(
                        $"It waits for '{name}' to end with exit code {wait.ExitCode}, but that is {wrong.Snapshot.State!.Text} with exit code {wrong.Snapshot.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}.");
                }

                break;
            case WaitType.WaitUntilStarted:
                await notifications.WaitForInstancesAsync(name, behavior, e => e.Snapshot.State?.Text == KnownResourceStates.Running, cancellationToken);
                break;
            default:
                await notifications.WaitForInstancesAsync(name, behavior, e => e.Snapshot.IsReady && ResourceNotificationService.IsHealthy(e), cancellationToken);
                break;
        }
    }
}
