using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using AppHost.Tests.Processes;

namespace AppHost.Tests.Engine;

/// <summary>What a person sees who types <c>dotnet run</c>.</summary>
public sealed class ConsoleTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("console-");
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            // Still running only when the test has failed.
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Start_ResourceFails_NamesItWithItsLastLinesAndEndsWithOne()
    {
        using var limit = Stack.Limit();

        var (exitCode, output, error) = await RunToEndAsync(limit.Token, "--Scenario=failing");

        Assert.Equal(1, exitCode);
        Assert.Contains("'broken' is Finished. It ended with exit code 3.", error, StringComparison.Ordinal);
        Assert.Contains("reading the table of cats", error, StringComparison.Ordinal);
        Assert.Contains("no such table", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output + error);
    }

    [Fact]
    public async Task Start_ParameterMissing_SaysHowToSetItAndEndsWithOne()
    {
        using var limit = Stack.Limit();

        var (exitCode, _, error) = await RunToEndAsync(limit.Token, "--Scenario=parameter");

        Assert.Equal(1, exitCode);
        Assert.Contains("Parameters__missing_value=", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_PortTaken_SaysByWhomAndEndsWithOne()
    {
        using var limit = Stack.Limit();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var (exitCode, _, error) = await RunToEndAsync(
            limit.Token, "--Scenario=port", string.Create(CultureInfo.InvariantCulture, $"--Listener:Port={port}"), "--ephemeral=false");

        Assert.Equal(1, exitCode);
        Assert.Contains($"process {Environment.ProcessId}", error, StringComparison.Ordinal);
        Assert.Contains("--Listener:Port=", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Signal_WhileEverythingRuns_EndsAllProcessesWithExitCodeZero(string signal)
    {
        using var limit = Stack.Limit();
        var pidFile = Path.Combine(_folder.FullName, "pid");
        var appHost = Start($"--PidFile={pidFile}");
        var lines = new List<string>();
        while (await appHost.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            lines.Add(line);
            if (line.Contains("Everything is healthy", StringComparison.Ordinal))
            {
                break;
            }
        }

        // A resource without a health check is healthy as soon as its process exists, which may not have said its number yet.
        await Until.TrueAsync(() => File.Exists(pidFile), "the sleeper's number");
        var sleeper = int.Parse(await File.ReadAllTextAsync(pidFile, limit.Token), CultureInfo.InvariantCulture);
        Assert.NotNull(Process.GetProcessById(sleeper));
        using (var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {appHost.Id}"]))
        {
            await kill.WaitForExitAsync(limit.Token);
        }

        await appHost.StandardOutput.ReadToEndAsync(limit.Token);
        await appHost.WaitForExitAsync(limit.Token);

        Assert.Equal(0, appHost.ExitCode);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(sleeper));
        Assert.Contains(lines, l => l.Contains("sleeper", StringComparison.Ordinal) && l.Contains("Running", StringComparison.Ordinal));
    }

    private async Task<(int ExitCode, string Output, string Error)> RunToEndAsync(CancellationToken cancellationToken, params string[] args)
    {
        var appHost = Start(args);
        var output = appHost.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = appHost.StandardError.ReadToEndAsync(cancellationToken);
        await appHost.WaitForExitAsync(cancellationToken);
        return (appHost.ExitCode, await output, await error);
    }

    private Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(Aspire.Hosting.Local.Engine.DotNetHost.Path, [SampleProject.Built("SampleAppHost"), "--ephemeral=true", .. args])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        var process = Process.Start(start)!;
        _started.Add(process);
        return process;
    }
}
