using System.Diagnostics;
using System.Globalization;

namespace Benchmarks.Load;

/// <summary>A server as a process of its own, so that its CPU time can be told apart. Ended when disposed.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);

    /// <summary>What the kernel counts in there (USER_HZ).</summary>
    private const double TicksPerSecond = 100;

    private readonly Process process;

    private ServerProcess(Process process) => this.process = process;

    public int Id => process.Id;

    /// <summary>User and system time so far.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>User and system time so far of those of its threads whose name begins so (Linux, proc(5), <c>/proc/pid/task/tid/stat</c>).</summary>
    public TimeSpan CpuTimeOf(string threads)
    {
        var ticks = 0L;
        foreach (var task in Directory.EnumerateDirectories($"/proc/{process.Id}/task"))
        {
            var stat = File.ReadAllText($"{task}/stat");
            var end = stat.LastIndexOf(')');
            if (stat.AsSpan(stat.IndexOf('(', StringComparison.Ordinal) + 1).StartsWith(threads, StringComparison.Ordinal))
            {
                var numbers = stat[(end + 2)..].Split(' '); // from the third on: utime and stime are the 14th and 15th
                ticks += long.Parse(numbers[11], CultureInfo.InvariantCulture) + long.Parse(numbers[12], CultureInfo.InvariantCulture);
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>Memory that it holds, in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Starts a .NET program and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not answer within 60 s.</exception>
    public static async Task<ServerProcess> StartAsync(
        int port, string path, string assembly, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments])
        {
            // Where its settings file is; without it a service would log what it never logs in life.
            WorkingDirectory = Path.GetDirectoryName(assembly)!,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var server = new ServerProcess(Process.Start(start)!);
        try
        {
            server.process.OutputDataReceived += static (_, _) => { };
            server.process.BeginOutputReadLine();
            var complaint = server.process.StandardError.ReadToEndAsync();
            await WaitUntilItAnswersAsync(server.process, new Uri($"http://127.0.0.1:{port}{path}"), complaint);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private static async Task WaitUntilItAnswersAsync(Process process, Uri address, Task<string> complaint)
    {
        using var client = new HttpClient();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < StartTime; await Task.Delay(100))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{process.StartInfo.ArgumentList[0]} ended: {await complaint}");
            }

            try
            {
                using var answer = await client.GetAsync(address);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
        }

        throw new InvalidOperationException($"{address} did not answer within {StartTime.TotalSeconds} s.");
    }
}
