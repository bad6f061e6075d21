using System.Globalization;
using System.Text;
using Benchmarks.Load;

namespace Benchmarks;

/// <summary>Heartbeats of device-registry per CPU-second against a Kestrel that answers the same few bytes to everything.</summary>
internal sealed class Heartbeat : IBenchmark
{
    private const int Devices = 50;
    private const int Connections = 16;
    private const int Slices = 3;
    private const int WarmUp = 100_000;

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(4);

    public string Name => "heartbeat";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        var barePort = Ports.Free();
        using var bare = await ServerProcess.StartAsync(barePort, "/", typeof(Heartbeat).Assembly.Location, ["upstream", $"{barePort}"]);
        await using var registry = await Registry.StartAsync();
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, await ScriptAsync(registry));
            // Until both are compiled as they will stay: by count, because a busy machine gives little in a given time.
            foreach (var port in new[] { barePort, registry.Port })
            {
                for (var (served, rounds) = (0L, 0); served < WarmUp && rounds < Slices; rounds++)
                {
                    served += (await Wrk.RunAsync(port, "/", Connections, Slice, script)).Requests;
                }
            }

            var (ours, theirs) = ((Requests: 0L, Cpu: TimeSpan.Zero), (Requests: 0L, Cpu: TimeSpan.Zero));
            for (var slice = 0; slice < Slices; slice++)
            {
                ours = Add(ours, await MeasureAsync(registry.Process, registry.Port, script));
                theirs = Add(theirs, await MeasureAsync(bare, barePort, script));
            }

            var (measured, compared) = (ours.Requests / ours.Cpu.TotalSeconds, theirs.Requests / theirs.Cpu.TotalSeconds);
            return [new("heartbeat", Rate(measured), $"bare Kestrel, {Rate(compared)}", measured / compared, "≥ 0.4")];
        }
        finally
        {
            File.Delete(script);
        }
    }

    // Each device has an owner with a token of his own, as it is in life; the bare server is sent the same requests.
    private static async Task<string> ScriptAsync(Registry registry)
    {
        var owners = Enumerable.Range(0, Devices).Select(number => $"owner-{number}").ToList();
        var group = await registry.CreateGroupAsync("heartbeat", owners);
        var script = new StringBuilder("local requests = {}\nfunction init()\n");
        foreach (var owner in owners)
        {
            var token = registry.Token(owner);
            var device = await registry.RegisterAsync(group, token);
            script.AppendLine(
                CultureInfo.InvariantCulture,
                $$"""requests[#requests + 1] = wrk.format('POST', '{{registry.PathOf(group, $"devices/{device}/heartbeat").AbsolutePath}}', { ['Authorization'] = 'Bearer {{token}}', ['Content-Length'] = '0' })""");
        }

        return script.AppendLine("end").AppendLine("local n = 0\nfunction request() n = n % #requests + 1 return requests[n] end").ToString();
    }

    private static async Task<(long Requests, TimeSpan Cpu)> MeasureAsync(ServerProcess process, int port, string script)
    {
        var before = process.CpuTime;
        var load = await Wrk.RunAsync(port, "/", Connections, Slice, script);
        return (load.Requests, process.CpuTime - before);
    }

    private static (long Requests, TimeSpan Cpu) Add((long Requests, TimeSpan Cpu) left, (long Requests, TimeSpan Cpu) right)
        => (left.Requests + right.Requests, left.Cpu + right.Cpu);

    private static string Rate(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:N0} requests per CPU-second");
}
