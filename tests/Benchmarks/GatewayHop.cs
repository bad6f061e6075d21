using System.Globalization;
using Benchmarks.Load;

namespace Benchmarks;

/// <summary>Requests per CPU-second of the gateway against a bare YARP in front of the same server.</summary>
/// <param name="connections">Requests under way at once.</param>
internal sealed class GatewayHop(int connections) : IBenchmark
{
    private const string Path = "/.well-known/jwks.json";

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(4);

    private const int Slices = 3;

    public string Name => $"gateway-hop-{connections}";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        var (upstreamPort, proxyPort, gatewayPort) = (Ports.Free(), Ports.Free(), Ports.Free());
        using var upstream = await ServerProcess.StartAsync(upstreamPort, Path, typeof(GatewayHop).Assembly.Location, ["upstream", $"{upstreamPort}"]);
        using var proxy = await ServerProcess.StartAsync(proxyPort, Path, typeof(GatewayHop).Assembly.Location, ["proxy", $"{proxyPort}", $"{upstreamPort}"]);
        using var gateway = await ServerProcess.StartAsync(
            gatewayPort,
            Path,
            System.IO.Path.Combine(AppContext.BaseDirectory, "Gateway.dll"),
            [],
            ("ASPNETCORE_URLS", $"http://127.0.0.1:{gatewayPort}"),
            ("ASPNETCORE_ENVIRONMENT", "Production"),
            ("Platform__BaseUrl", $"http://127.0.0.1:{gatewayPort}"),
            ("services__pairing__http__0", $"http://127.0.0.1:{upstreamPort}"),
            // The one client address of a benchmark would meet its own limit.
            ("Gateway__RequestsPerSecond", "0"));

        await Wrk.RunAsync(proxyPort, Path, connections, Slice);
        await Wrk.RunAsync(gatewayPort, Path, connections, Slice);
        var (bare, ours, direct) = (Hop.None, Hop.None, Hop.None);
        for (var slice = 0; slice < Slices; slice++)
        {
            bare += await MeasureAsync(proxy, proxyPort);
            ours += await MeasureAsync(gateway, gatewayPort);
            direct += await MeasureAsync(upstream, upstreamPort);
        }

        return
        [
            new($"gateway hop, {connections} at once", ours.ToString(), $"bare YARP, {bare}", ours.PerCpuSecond / bare.PerCpuSecond, "≥ 0.8"),
            new(
                $"gateway's added p50, {connections} at once",
                Milliseconds(ours.Median - direct.Median),
                $"bare YARP, {Milliseconds(bare.Median - direct.Median)}",
                Ratio: null,
                connections == 1 ? "≤ 0.25 ms" : "–"),
        ];
    }

    private async Task<Hop> MeasureAsync(ServerProcess process, int port)
    {
        var before = process.CpuTime;
        var load = await Wrk.RunAsync(port, Path, connections, Slice);
        return new Hop(load.Requests, process.CpuTime - before, load.Median / Slices);
    }

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.00} ms");

    private sealed record Hop(long Requests, TimeSpan Cpu, TimeSpan Median)
    {
        public static Hop None { get; } = new(0, TimeSpan.Zero, TimeSpan.Zero);

        public double PerCpuSecond => Requests / Cpu.TotalSeconds;

        public static Hop operator +(Hop left, Hop right) => new(left.Requests + right.Requests, left.Cpu + right.Cpu, left.Median + right.Median);

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PerCpuSecond:N0} requests per CPU-second");
    }
}
