using System.Diagnostics;
using System.Globalization;
using Benchmarks.Load;
using PhoneSimulator;

namespace Benchmarks;

/// <summary>
/// Whole pairings through the gateway: token, init, key set, complete, status. With the device that device-registry makes of each.
/// </summary>
internal sealed class Pairings : IBenchmark
{
    private const int AtOnce = 4;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    public string Name => "pairing";

    public async Task<IReadOnlyList<Result>> RunAsync()
    {
        var platform = await Platform.GetAsync();
        using var client = new HttpClient { BaseAddress = platform.GatewayAddress };
        var server = new LoginServer(client, await LoginServer.CreateTenantAsync(client, platform.AdminKey));

        await PairAsync(client, server, WarmUp);
        TimeSpan Cpu() => platform.Gateway.CpuTime + platform.Pairing.CpuTime + platform.DeviceRegistry.CpuTime + platform.StoresCpuTime;
        var (pairing, all) = (platform.Pairing.CpuTime, Cpu());
        var count = await PairAsync(client, server, Time);
        (pairing, all) = (platform.Pairing.CpuTime - pairing, Cpu() - all);
        return
        [
            new(
                "whole pairings (5 requests), phones on the same cores",
                string.Create(CultureInfo.InvariantCulture, $"{count / Time.TotalSeconds:0.0}/s, {count / all.TotalSeconds:0.0} per CPU-second"),
                string.Create(CultureInfo.InvariantCulture, $"pairing alone {count / pairing.TotalSeconds:0.0} per CPU-second"),
                Ratio: null,
                "–"),
        ];
    }

    private static async Task<int> PairAsync(HttpClient client, LoginServer server, TimeSpan time)
    {
        var count = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            while (clock.Elapsed < time)
            {
                var user = Guid.NewGuid();
                using var phone = new Phone(client, await server.CreatePairingAsync(user, $"user-{user:N}"));
                await phone.CompleteAsync(await phone.InitAsync());
                var status = await server.GetStatusAsync(phone.PairingId);
                if (status != "APPROVED")
                {
                    throw new InvalidOperationException($"A pairing ended as {status}.");
                }

                Interlocked.Increment(ref count);
            }
        }));
        return count;
    }
}
