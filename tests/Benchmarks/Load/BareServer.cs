namespace Benchmarks.Load;

/// <summary>A Kestrel that answers the same few bytes to everything, as a process of its own.</summary>
internal sealed class BareServer : IDisposable
{
    private BareServer(int port, ServerProcess process)
    {
        Port = port;
        Process = process;
    }

    public int Port { get; }

    public ServerProcess Process { get; }

    public static async Task<BareServer> StartAsync()
    {
        var port = Ports.Free();
        return new BareServer(port, await ServerProcess.StartAsync(port, "/", Programs.Benchmarks, ["upstream", $"{port}"]));
    }

    public void Dispose() => Process.Dispose();
}
