using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Health;

/// <summary>
/// Judges the probes of a service's instances. A refused connection takes an instance out at once, nobody is there; a slow or
/// unhappy answer does so the second time in a row, because a busy machine is late now and then. One good answer brings it back.
/// </summary>
internal sealed class InstanceProbes(IDestinationHealthUpdater health, SilentInstances silent) : IActiveHealthCheckPolicy
{
    public const string PolicyName = "InstanceProbes";

    private const int FailuresInARow = 2;

    private readonly ConditionalWeakTable<DestinationState, StrongBox<int>> _failures = [];

    public string Name => PolicyName;

    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults)
        => health.SetActive(cluster, [.. probingResults.Select(result => new NewActiveDestinationHealth(result.Destination, Judge(result)))]);

    private DestinationHealth Judge(DestinationProbingResult result)
    {
        var failures = _failures.GetValue(result.Destination, _ => new StrongBox<int>());
        silent.Probed(result.Destination, answered: result.Response is not null);
        if (result.Response is { IsSuccessStatusCode: true })
        {
            failures.Value = 0;
            return DestinationHealth.Healthy;
        }

        failures.Value++;
        var wasHealthy = result.Destination.Health.Active == DestinationHealth.Healthy;
        return wasHealthy && failures.Value < FailuresInARow && !Connection.WasRefused(result.Exception)
            ? DestinationHealth.Healthy
            : DestinationHealth.Unhealthy;
    }
}
