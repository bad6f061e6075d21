using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Benchmarks.Load;

namespace Benchmarks;

/// <summary>
/// The whole stack as <c>dotnet run --project AppHost</c> starts it, with empty servers that are set up on the way: until everything is
/// healthy, and what each process then holds.
/// </summary>
internal sealed partial class StackStart : IBenchmark
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);

    public string Name => "stack-start";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        var clock = Stopwatch.StartNew();
        using var stack = Process.Start(new ProcessStartInfo("dotnet", [Programs.AppHost, "--ephemeral=true"])
        {
            WorkingDirectory = Path.Combine(Path.GetDirectoryName(Programs.AppHost)!, "../../.."),
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_ENVIRONMENT"] = "Development" },
        })!;
        try
        {
            var complaint = stack.StandardError.ReadToEndAsync();
            using var patience = new CancellationTokenSource(Patience);
            var times = new Dictionary<string, (double Started, double Healthy)>(StringComparer.Ordinal);
            while (await stack.StandardOutput.ReadLineAsync(patience.Token) is { } line && !line.Contains("Everything is healthy", StringComparison.Ordinal))
            {
                Note(times, line);
            }

            var all = clock.Elapsed;
            if (stack.HasExited)
            {
                throw new InvalidOperationException($"The stack did not start: {await complaint}");
            }

            // Its console goes on; nobody may have to wait for a full pipe.
            var rest = stack.StandardOutput.ReadToEndAsync(CancellationToken.None);
            await Task.Delay(Idle);
            var results = Results(all, times).Concat(Memory(stack.Id)).ToList();
            await EndAsync(stack);
            await rest;
            return results;
        }
        finally
        {
            if (!stack.HasExited)
            {
                await EndAsync(stack);
            }
        }
    }

    private static IEnumerable<Result> Results(TimeSpan all, Dictionary<string, (double Started, double Healthy)> times)
    {
        yield return new("whole stack, servers set up on the way", string.Create(CultureInfo.InvariantCulture, $"{all.TotalSeconds:0.0} s"), "–", Ratio: null, "≤ 25 s");
        foreach (var (name, (started, healthy)) in times.Where(time => Services.Contains(time.Key)))
        {
            yield return new($"{name}, from its start to healthy", string.Create(CultureInfo.InvariantCulture, $"{healthy - started:0.0} s"), "–", Ratio: null, "≤ 2 s");
        }
    }

    private static readonly string[] Services = ["pairing", "identity-auth", "device-registry", "scope-signing", "gateway"];

    // "   3.1 s  pairing            Running (Healthy)"
    private static void Note(Dictionary<string, (double Started, double Healthy)> times, string line)
    {
        if (StateLine().Match(line) is { Success: true } match)
        {
            var (name, state) = (match.Groups["name"].Value, match.Groups["state"].Value);
            var time = double.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture);
            var known = times.GetValueOrDefault(name);
            if (state.StartsWith("Starting", StringComparison.Ordinal) && known.Started == 0)
            {
                times[name] = known with { Started = time };
            }
            else if (state.Contains("(Healthy)", StringComparison.Ordinal) && known.Healthy == 0)
            {
                times[name] = known with { Healthy = time };
            }
        }
    }

    private static IEnumerable<Result> Memory(int appHost)
    {
        foreach (var process in new ProcessTree(appHost).Ids)
        {
            var name = File.ReadAllText($"/proc/{process}/cmdline").Split('\0').FirstOrDefault(part => part.EndsWith(".dll", StringComparison.Ordinal));
            if (name is null)
            {
                continue;
            }

            var rollup = File.ReadAllLines($"/proc/{process}/smaps_rollup");
            yield return new(
                $"memory of {Path.GetFileNameWithoutExtension(name)}, idle",
                $"{Megabytes(rollup, "Rss")} resident",
                $"{Megabytes(rollup, "Pss")} with shared pages shared out",
                Ratio: null,
                process == appHost || name.EndsWith("Inbox.dll", StringComparison.Ordinal) ? "–" : "≤ 120 MB");
        }
    }

    private static string Megabytes(string[] rollup, string name)
    {
        var line = rollup.First(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
        var kibibytes = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{kibibytes * 1024 / 1e6:0} MB");
    }

    private static async Task EndAsync(Process stack)
    {
        using var kill = Process.Start("kill", ["-s", "TERM", stack.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await stack.WaitForExitAsync();
    }

    [GeneratedRegex(@"^\s*(?<time>[\d.]+) s\s+(?<name>[\w-]+)\s+(?<state>.+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StateLine();
}
