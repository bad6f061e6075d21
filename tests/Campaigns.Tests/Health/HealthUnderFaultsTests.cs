using System.Diagnostics;
using System.Globalization;
using System.Net;
using Campaigns.Tests.Faults;

namespace Campaigns.Tests.Health;

/// <summary>
/// <c>/health</c> of the gateway and of every service tells the truth within 5 s, when something dies, stands still, or comes back; <c>/alive</c>
/// stays.
/// </summary>
[Trait(Campaign.Category, Campaign.Slow)]
[Trait(Campaign.Category, Campaign.Alone)]
public sealed class HealthUnderFaultsTests(CampaignPlatform platform, ITestOutputHelper output)
{
    /// <summary>Of a service that was too late, for the report.</summary>
    private const int ConsoleLines = 40;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData("postgres", "killed")]
    [InlineData("postgres", "paused")]
    [InlineData("redis", "killed")]
    [InlineData("redis", "paused")]
    [InlineData("rabbitmq", "killed")]
    [InlineData("rabbitmq", "paused")]
    public async Task Health_StoreAway_IsRedAndGreenAgainWithinFiveSeconds(string store, string how)
    {
        var services = platform.Services.Select(service => (Name: service, Address: platform.InstancesOf(service)[0].Address)).Append(("gateway", platform.Gateway)).ToList();
        await WaitAsync(services, HttpStatusCode.OK, TimeSpan.FromSeconds(60), "well before");

        await AwayAsync(store, how, () => WaitAsync(services, HttpStatusCode.ServiceUnavailable, Limit, $"red with {store} {how}"));

        await WaitAsync(services, HttpStatusCode.OK, Limit, $"green with {store} back");
    }

    [Fact]
    public async Task Health_ServiceAway_IsRedAndGreenAgainWithinFiveSeconds()
    {
        (string, Uri)[] gateway = [("gateway", platform.Gateway)];
        foreach (var service in platform.Services)
        {
            foreach (var how in (string[])["killed", "paused"])
            {
                await WaitAsync(gateway, HttpStatusCode.OK, TimeSpan.FromSeconds(60), "well before");
                await AwayAsync(service, how, () => WaitAsync(gateway, HttpStatusCode.ServiceUnavailable, Limit, $"red with {service} {how}"));
                await WaitAsync(gateway, HttpStatusCode.OK, Limit, $"green with {service} back");
            }
        }
    }

    /// <summary>The part goes away, something is looked at, and the part comes back; returns when it is there.</summary>
    private async Task AwayAsync(string part, string how, Func<Task> look)
    {
        var driver = new FaultDriver(platform, new Outages());
        var process = await platform.ProcessOfAsync(part);
        if (how == "paused")
        {
            Signal.Pause(process);
            try
            {
                await look();
            }
            finally
            {
                Signal.Continue(process);
            }
        }
        else
        {
            Signal.Kill(process);
            await platform.StopAsync(part); // or it would be there again before anybody looks
            try
            {
                await look();
            }
            finally
            {
                await platform.StartAsync(part);
            }
        }

        await driver.WaitUntilThereAsync(part);
    }

    private async Task WaitAsync(IEnumerable<(string Name, Uri Address)> services, HttpStatusCode expected, TimeSpan limit, string what)
        => await Task.WhenAll(services.Select(async service =>
        {
            using var client = new HttpClient { BaseAddress = service.Address, Timeout = TimeSpan.FromSeconds(30) };
            var started = Stopwatch.GetTimestamp();
            while (true)
            {
                using var health = await client.GetAsync("health");
                using var alive = await client.GetAsync("alive");
                Assert.Equal((service.Name, HttpStatusCode.OK), (service.Name, alive.StatusCode));
                var waited = Stopwatch.GetElapsedTime(started);
                if (health.StatusCode == expected)
                {
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{service.Name,-16} {what,-32} {waited.TotalSeconds:0.0} s"));
                    return;
                }

                if (waited >= Machine.Stretch(limit))
                {
                    var console = (await platform.ConsoleOfAsync(service.Name)).TakeLast(ConsoleLines);
                    Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{service.Name} is not {what} after {waited.TotalSeconds:0.0} s. Its console:\n{string.Join('\n', console)}"));
                }

                await Task.Delay(Poll);
            }
        }));
}
