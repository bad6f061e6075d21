using System.Diagnostics.Metrics;

namespace Pairing;

/// <summary>The meter <c>Pairing</c>.</summary>
internal sealed class PairingMetrics
{
    private readonly Counter<long> _outcomes;
    private readonly Counter<long> _reusedKeys;

    public PairingMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Pairing");
        _outcomes = meter.CreateCounter<long>("pairing.outcomes", "{attempt}", "Attempts to create, init or complete a pairing, by outcome.");
        _reusedKeys = meter.CreateCounter<long>("pairing.keys_reused", "{key}", "Inits with a public key that another user's device holds.");
    }

    /// <param name="operation"><c>create</c>, <c>init</c> or <c>complete</c>.</param>
    /// <param name="outcome"><c>ok</c>, or the code of the problem.</param>
    public void Count(string operation, string outcome)
        => _outcomes.Add(1, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("outcome", outcome));

    public void KeyReused() => _reusedKeys.Add(1);
}
