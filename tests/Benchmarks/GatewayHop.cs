using System.Globalization;
using Benchmarks.Load;

namespace Benchmarks;

/// <summary>Requests per CPU-second of the gateway against a bare YARP in front of the same server.</summary>
/// <param name="connections">Requests under way at once.</param>
internal sealed class GatewayHop(int connections) : IBenchmark
{
    private const string Path = "/.well-known/jwks.json";
    private const int Slices = 4;

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(3);

    public string Name => $"gateway-hop-{connections}";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        using var upstream = await BareServer.StartAsync();
        var (proxyPort, gatewayPort) = (Ports.Free(), Ports.Free());
        using var proxy = await ServerProcess.StartAsync(proxyPort, Path, Programs.Benchmarks, ["proxy", $"{proxyPort}", $"{upstream.Port}"]);
        using var gateway = await ServerProcess.StartAsync(
            gatewayPort,
            Path,
            Programs.Gateway,
            [],
            ("ASPNETCORE_URLS", $"http://127.0.0.1:{gatewayPort}"),
            ("ASPNETCORE_ENVIRONMENT", "Production"),
            ("Platform__BaseUrl", $"http://127.0.0.1:{gatewayPort}"),
            ("services__pairing__http__0", $"http://127.0.0.1:{upstream.Port}"),
            // The one client address of a benchmark would meet its own limit.
            ("Gateway__RequestsPerSecond", "0"));

        // With many connections: the same code, sooner.
        await Wrk.WarmUpAsync(proxyPort, Path, connections: 16);
        await Wrk.WarmUpAsync(gatewayPort, Path, connections: 16);
        var (bare, ours, direct) = (Usage.None, Usage.None, Usage.None);
        for (var slice = 0; slice < Slices; slice++)
        {
            bare += await MeasureAsync(proxy, proxyPort);
            ours += await MeasureAsync(gateway, gatewayPort);
            direct += await MeasureAsync(upstream.Process, upstream.Port);
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

    private Task<Usage> MeasureAsync(ServerProcess process, int port) => Usage.MeasureAsync(() => process.CpuTime, () => Wrk.RunAsync(port, Path, connections, Slice));

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.00} ms");
}
