using System.Globalization;
using Benchmarks.Load;

namespace Benchmarks;

/// <summary>Heartbeats of device-registry per CPU-second against a Kestrel that answers the same few bytes to everything.</summary>
internal sealed class Heartbeat : IBenchmark
{
    private const int Devices = 50;
    private const int Connections = 16;
    private const int Slices = 3;

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(4);

    public string Name => "heartbeat";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        using var bare = await BareServer.StartAsync();
        await using var registry = await Registry.StartAsync();
        var script = await Wrk.WriteScriptAsync(await RequestsAsync(registry));
        try
        {
            await Wrk.WarmUpAsync(bare.Port, "/", Connections, script);
            await Wrk.WarmUpAsync(registry.Port, "/", Connections, script);
            var (ours, theirs, alive) = (Usage.None, Usage.None, Usage.None);
            for (var slice = 0; slice < Slices; slice++)
            {
                ours += await Usage.MeasureAsync(() => registry.Process.CpuTime, () => Wrk.RunAsync(registry.Port, "/", Connections, Slice, script));
                alive += await Usage.MeasureAsync(() => registry.Process.CpuTime, () => Wrk.RunAsync(registry.Port, "/health/live", Connections, Slice));
                theirs += await Usage.MeasureAsync(() => bare.Process.CpuTime, () => Wrk.RunAsync(bare.Port, "/", Connections, Slice, script));
            }

            return
            [
                new("heartbeat", ours.ToString(), $"bare Kestrel, {theirs}", ours.PerCpuSecond / theirs.PerCpuSecond, "≥ 0.4"),
                new("device-registry's /health/live: what every request pays", alive.ToString(), $"bare Kestrel, {theirs}", alive.PerCpuSecond / theirs.PerCpuSecond, "–"),
            ];
        }
        finally
        {
            File.Delete(script);
        }
    }

    // Each device has an owner with a token of his own, as it is in life; the bare server is sent the same requests.
    private static async Task<IReadOnlyList<string>> RequestsAsync(Registry registry)
    {
        var owners = Enumerable.Range(0, Devices).Select(number => $"owner-{number}").ToList();
        var group = await registry.CreateGroupAsync("heartbeat", owners);
        var requests = new List<string>();
        foreach (var owner in owners)
        {
            var token = registry.Token(owner);
            var device = await registry.RegisterAsync(group, token);
            requests.Add(string.Create(
                CultureInfo.InvariantCulture,
                $$"""wrk.format('POST', '{{registry.PathOf(group, $"devices/{device}/heartbeat").AbsolutePath}}', { ['Authorization'] = 'Bearer {{token}}', ['Content-Length'] = '0' })"""));
        }

        return requests;
    }
}
