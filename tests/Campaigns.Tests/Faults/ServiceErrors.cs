namespace Campaigns.Tests.Faults;

/// <summary>What services logged as errors: without it, an answer that should not have been is a riddle after an hour's ride.</summary>
internal sealed class ServiceErrors(PrivatePlatform platform)
{
    /// <summary>Of one error: its category, its message and the head of its exception.</summary>
    private const int Lines = 8;

    private readonly HashSet<string> found = new(StringComparer.Ordinal);

    /// <summary>Each once, with the service that logged it.</summary>
    public IReadOnlyCollection<string> Found => found;

    /// <summary>Reads the consoles, which remember only so much.</summary>
    public async Task ReadAsync()
    {
        foreach (var service in platform.Services.Append("gateway"))
        {
            var lines = await platform.ConsoleOfAsync(service);
            for (var i = 0; i < lines.Count; i++)
            {
                if (lines[i].Contains("fail: ", StringComparison.Ordinal) || lines[i].Contains("crit: ", StringComparison.Ordinal))
                {
                    found.Add($"{service}: {string.Join(" | ", lines.Skip(i).Take(Lines).Select(line => line.Trim()))}");
                }
            }
        }
    }
}
