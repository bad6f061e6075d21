using System.Diagnostics.Metrics;

namespace ScopeSigning.Delivery;

/// <summary>Counts what became of messages and signings. A message that ends in <c>_error</c> counts as failed, once per try.</summary>
internal sealed class DeliveryMetrics
{
    private readonly Counter<long> deliveries;
    private readonly Counter<long> signings;

    public DeliveryMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("ScopeSigning");
        deliveries = meter.CreateCounter<long>(
            "scope_signing.deliveries", "{message}", "Messages by way and outcome: sent, expired, unwanted, failed (a try).");
        signings = meter.CreateCounter<long>("scope_signing.signings", "{token}", "Scope tokens that the built-in issuer signed.");
    }

    public void Delivered(string way, string outcome)
        => deliveries.Add(1, new KeyValuePair<string, object?>("way", way), new KeyValuePair<string, object?>("outcome", outcome));

    public void Signed(bool test) => signings.Add(1, new KeyValuePair<string, object?>("test", test));
}
