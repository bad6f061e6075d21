using System.Globalization;
using Benchmarks.Load;

namespace Benchmarks;

/// <summary>
/// From a session token to its account, with the limits of the contract: inside identity-auth against a bare Kestrel, and through the
/// gateway with every process and store that takes part.
/// </summary>
internal sealed class SessionCheck : IBenchmark
{
    private const string Path = "/v1/users/@me";
    private const int Connections = 16;
    private const int Slices = 3;

    /// <summary>So many that nobody meets his limit of 10 requests a second.</summary>
    private const int People = 3000;

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(2);

    public string Name => "session-check";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        var platform = await Platform.GetAsync();
        using var bare = await BareServer.StartAsync();
        var people = await platform.CreatePeopleAsync(People, "session");
        var script = await Wrk.WriteScriptAsync(people.Select(person => $"wrk.format('GET', '{Path}', {{ ['Authorization'] = '{person.Token}' }})"));
        try
        {
            foreach (var port in (int[])[bare.Port, platform.IdentityPort, platform.GatewayPort])
            {
                await Wrk.WarmUpAsync(port, Path, Connections, script);
            }

            var (theirs, ours, whole) = (Usage.None, Usage.None, Usage.None);
            (string Name, Func<TimeSpan> Clock, TimeSpan Used)[] parts =
            [
                ("gateway", () => platform.Gateway.CpuTime, default),
                ("identity-auth", () => platform.IdentityAuth.CpuTime, default),
                ("Postgres", () => platform.Postgres.CpuTime, default),
                ("Redis", () => platform.Redis.CpuTime, default),
                ("RabbitMQ", () => platform.RabbitMQ.CpuTime, default),
            ];
            for (var slice = 0; slice < Slices; slice++)
            {
                theirs += await Usage.MeasureAsync(() => bare.Process.CpuTime, () => LoadAsync(bare.Port, Slice));
                // While the others were at work, what was known of everybody's limits has grown old.
                await LoadAsync(platform.IdentityPort, Warm);
                ours += await Usage.MeasureAsync(() => platform.IdentityAuth.CpuTime, () => LoadAsync(platform.IdentityPort, Slice));

                await LoadAsync(platform.GatewayPort, Warm);
                var before = Array.ConvertAll(parts, part => part.Clock());
                whole += await Usage.MeasureAsync(() => parts.Aggregate(TimeSpan.Zero, (sum, part) => sum + part.Clock()), () => LoadAsync(platform.GatewayPort, Slice));
                for (var i = 0; i < parts.Length; i++)
                {
                    parts[i].Used += parts[i].Clock() - before[i];
                }
            }

            var shares = string.Join(", ", parts.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Name} {(part.Used / whole.Requests).TotalMilliseconds:0.000}")));

            return
            [
                new("session check in identity-auth", ours.ToString(), $"bare Kestrel, {theirs}", ours.PerCpuSecond / theirs.PerCpuSecond, "≥ 0.5"),
                new(
                    "session check through the gateway, all processes and stores",
                    string.Create(CultureInfo.InvariantCulture, $"{whole.CpuEach.TotalMilliseconds:0.000} ms CPU"),
                    string.Create(CultureInfo.InvariantCulture, $"of that: {shares}; without the gateway {ours.CpuEach.TotalMilliseconds:0.000} ms, bare Kestrel {theirs.CpuEach.TotalMilliseconds:0.000} ms"),
                    Ratio: null,
                    "≤ 0.14 ms"),
            ];
        }
        finally
        {
            File.Delete(script);
        }

        Task<LoadResult> LoadAsync(int port, TimeSpan time) => Wrk.RunAsync(port, Path, Connections, time, script);
    }
}
