using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Campaigns.Tests.BadInput;

/// <summary>Counts what came back, and keeps what should not have.</summary>
internal sealed class BadInputReport
{
    private const int MaxExamples = 200;

    private readonly ConcurrentDictionary<(string Service, string Status), int> counts = [];
    private readonly ConcurrentDictionary<string, int> faults = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> examples = [];
    private int slowest;

    public bool IsClean => faults.IsEmpty;

    public int Total => counts.Values.Sum();

    public void Add(string service, int? status, TimeSpan took)
    {
        counts.AddOrUpdate((service, status?.ToString(CultureInfo.InvariantCulture) ?? "none"), 1, (_, count) => count + 1);
        for (var seen = slowest; took.TotalMilliseconds > seen; seen = slowest)
        {
            Interlocked.CompareExchange(ref slowest, (int)took.TotalMilliseconds + 1, seen);
        }
    }

    /// <param name="number">With the seed, all that is needed to send the request again.</param>
    public void AddFault(int number, RequestDraft draft, string fault, string? answer)
    {
        faults.AddOrUpdate($"{draft.Operation.Service}: {fault}", 1, (_, count) => count + 1);
        if (examples.Count < MaxExamples)
        {
            var target = draft.Target();
            examples.Enqueue(string.Create(
                CultureInfo.InvariantCulture,
                $"#{number} {draft.Method} {Short(target, 160)} [{draft.Operation}; {string.Join(", ", draft.Spoiled)}; {Short(string.Join(" | ", draft.Headers.Append(("Content-Type", draft.MediaType ?? "-")).Select(header => $"{header.Item1}: {header.Item2}")), 200)}]: {fault}{(answer is null ? "" : $" <- {answer}")}"));
        }
    }

    private static string Short(string text, int length) => text.Length > length ? text[..length] + "…" : text;

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Bad input: seed {Campaign.Seed}, {Total} requests, slowest answer {slowest} ms");
        foreach (var service in counts.Keys.Select(key => key.Service).Distinct().Order(StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {service,-16}");
            foreach (var (key, count) in counts.Where(pair => pair.Key.Service == service).OrderBy(pair => pair.Key.Status, StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $" {key.Status}: {count}");
            }

            text.AppendLine();
        }

        foreach (var (fault, count) in faults.OrderByDescending(pair => pair.Value))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  FAULT {count} × {fault}");
        }

        foreach (var example in examples)
        {
            text.Append("    ").AppendLine(example);
        }

        return text.ToString();
    }
}
