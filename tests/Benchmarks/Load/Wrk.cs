using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Benchmarks.Load;

/// <summary>What one run of the load generator saw.</summary>
/// <param name="Median">Half of the answers took no longer.</param>
internal sealed record LoadResult(long Requests, TimeSpan Median);

/// <summary>The load generator wrk (Debian package <c>wrk</c>), on one thread.</summary>
internal static partial class Wrk
{
    private const int WarmUpRequests = 60_000;
    private const int WarmUpRounds = 4;

    private static readonly TimeSpan WarmUpRound = TimeSpan.FromSeconds(3);

    /// <param name="script">File with a Lua script that makes the requests; without one they are plain GETs.</param>
    /// <exception cref="InvalidOperationException">wrk is missing, or an answer was not a success.</exception>
    public static async Task<LoadResult> RunAsync(int port, string path, int connections, TimeSpan duration, string? script = null)
    {
        var start = new ProcessStartInfo(
            "wrk",
            [
                "--threads", "1", "--connections", $"{connections}", "--duration", $"{duration.TotalSeconds}s", "--latency", "--timeout", "10s",
                .. script is null ? Array.Empty<string>() : ["--script", script], $"http://127.0.0.1:{port}{path}",
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        try
        {
            using var wrk = Process.Start(start)!;
            var output = await wrk.StandardOutput.ReadToEndAsync();
            await wrk.WaitForExitAsync();
            return Read(output);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new InvalidOperationException("The benchmarks need wrk: apt-get install wrk.", exception);
        }
    }

    /// <summary>
    /// Loads a server until it is compiled as it will stay: by count, because a busy machine gives little in a given time.
    /// </summary>
    public static async Task WarmUpAsync(int port, string path, int connections, string? script = null)
    {
        for (var (served, rounds) = (0L, 0); served < WarmUpRequests && rounds < WarmUpRounds; rounds++)
        {
            served += (await RunAsync(port, path, connections, WarmUpRound, script)).Requests;
        }
    }

    /// <summary>A script that sends these requests in turn; a file of its own, the caller's to delete.</summary>
    /// <param name="formats">One call of <c>wrk.format</c> each.</param>
    public static async Task<string> WriteScriptAsync(IEnumerable<string> formats)
    {
        var script = Path.GetTempFileName();
        await File.WriteAllLinesAsync(
            script,
            [
                "local requests = {}", "function init()", .. formats.Select(format => $"requests[#requests + 1] = {format}"), "end",
                "local n = 0", "function request() n = n % #requests + 1 return requests[n] end",
            ]);
        return script;
    }

    private static LoadResult Read(string output)
    {
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal) || !Count().IsMatch(output))
        {
            throw new InvalidOperationException($"Not every request was answered with success:\n{output}");
        }

        var median = Half().Match(output);
        var value = double.Parse(median.Groups["value"].Value, CultureInfo.InvariantCulture);
        return new LoadResult(
            long.Parse(Count().Match(output).Groups["count"].Value, CultureInfo.InvariantCulture),
            median.Groups["unit"].Value switch
            {
                "us" => TimeSpan.FromMicroseconds(value),
                "ms" => TimeSpan.FromMilliseconds(value),
                _ => TimeSpan.FromSeconds(value),
            });
    }

    [GeneratedRegex(@"(?<count>\d+) requests in", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Count();

    [GeneratedRegex(@"50%\s+(?<value>[\d.]+)(?<unit>us|ms|s)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Half();
}
