using System.Globalization;
using System.Text;

namespace Campaigns.Tests.Faults;

/// <summary>The summary of a fault campaign.</summary>
internal static class FaultReport
{
    private const int MaxFaults = 150;

    public static string Of(TimeSpan took, Outages outages, RequestLedger ledger, IEnumerable<(string Service, string What, long Count)> rows, IReadOnlyCollection<string> errors)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Fault campaign: seed {Campaign.Seed}, {took.TotalSeconds:0} s, {ledger.Acknowledged} acknowledged operations, slowest answer {ledger.Slowest.Took.TotalSeconds:0.0} s ({ledger.Slowest.What}), limits × {Machine.Scale:0.0} (other work on this machine)");
        text.AppendLine(CultureInfo.InvariantCulture, $"  answers          {string.Join(", ", ledger.Statuses.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value}"))}");
        if (ledger.Starved > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {ledger.Starved} of them 502, 503 or 504 while nothing was away and other work had the machine");
        }

        foreach (var (service, what, count) in rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {service,-16} {what,-36} {count,8}");
        }

        text.AppendLine("  part             fault    times   longest away   slowest recovery");
        foreach (var group in outages.All.GroupBy(outage => (outage.Fault.Part, outage.Fault.Kind)).OrderBy(group => group.Key.Part, StringComparer.Ordinal).ThenBy(group => group.Key.Kind))
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  {group.Key.Part,-16} {group.Key.Kind,-6} {group.Count(),7} {group.Max(outage => (outage.Back - outage.From)?.TotalSeconds ?? double.NaN),12:0.0} s {group.Max(outage => outage.Recovery?.TotalSeconds ?? double.NaN),16:0.0} s");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"  {ledger.Faults.Count} faults");
        foreach (var fault in ledger.Faults.Take(MaxFaults))
        {
            text.Append("    ").AppendLine(fault);
        }

        if (ledger.Faults.Count > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {errors.Count} errors that services logged");
            foreach (var error in errors.Take(MaxFaults))
            {
                text.Append("    ").AppendLine(error);
            }
        }

        return text.ToString();
    }
}
