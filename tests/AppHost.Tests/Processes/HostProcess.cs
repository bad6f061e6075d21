using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Aspire.Hosting.Local.Processes;

namespace AppHost.Tests.Processes;

/// <summary>A running KillableHost.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly Process _process;
    private readonly Dictionary<string, string> _values;

    private HostProcess(Process process, Dictionary<string, string> values)
    {
        _process = process;
        _values = values;
    }

    public string this[string name] => _values[name];

    public static async Task<HostProcess> StartAsync(string folder, string what)
    {
        var program = typeof(HostProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "KillableHost").Value!;
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, folder, what]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line == "ready")
            {
                return new HostProcess(process, values);
            }

            if (line.Split('=', 2) is [var name, var value])
            {
                values[name] = value;
            }
        }

        throw new InvalidOperationException("The host ended before it was ready.");
    }

    public int IdOf(string name) => int.Parse(_values[name], CultureInfo.InvariantCulture);

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public void KillWatchdog() => Assert.True(Signals.Kill(IdOf("watchdog")));

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
