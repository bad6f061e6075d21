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
    private readonly Lock gate = new();
    private (TimeSpan Took, string What) slowest;

    public bool IsClean => faults.IsEmpty;

    public int Total => counts.Values.Sum();

    public void Add(int number, RequestDraft draft, int? status, TimeSpan took)
    {
        var answer = status?.ToString(CultureInfo.InvariantCulture) ?? "none";
        counts.AddOrUpdate((draft.Operation.Service, answer), 1, (_, count) => count + 1);
        lock (gate)
        {
            if (took > slowest.Took)
            {
                slowest = (took, $"{Describe(number, draft)}: {answer}");
            }
        }
    }

    /// <param name="number">With the seed, all that is needed to send the request again.</param>
    public void AddFault(int number, RequestDraft draft, string fault, string? answer)
    {
        faults.AddOrUpdate($"{draft.Operation.Service}: {fault}", 1, (_, count) => count + 1);
        if (examples.Count < MaxExamples)
        {
            examples.Enqueue($"{Describe(number, draft)}: {fault}{(answer is null ? "" : $" <- {answer}")}");
        }
    }

    private static string Describe(int number, RequestDraft draft)
    {
        var headers = draft.Headers.Append(("Content-Type", draft.MediaType ?? "-")).Select(header => $"{header.Item1}: {header.Item2}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"#{number} {draft.Method} {Short(draft.Target(), 160)} [{draft.Operation}; {string.Join(", ", draft.Spoiled)}; {Short(string.Join(" | ", headers), 200)}]");
    }

    private static string Short(string text, int length) => text.Length > length ? text[..length] + "…" : text;

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Bad input: seed {Campaign.Seed}, {Total} requests");
        text.AppendLine(CultureInfo.InvariantCulture, $"  slowest answer   {slowest.Took.TotalMilliseconds:0} ms, {slowest.What}");
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
