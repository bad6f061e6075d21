using DeviceRegistry.Data;
using DeviceRegistry.Streams;
using DeviceRegistry.Tests.Infrastructure;
using TestSupport;

namespace DeviceRegistry.Tests.Streams;

/// <summary>Losing Redis loses presence and the streams' history, and nothing else (contract §8).</summary>
public sealed class RedisLossTests
{
    [Fact]
    public async Task Redis_LosesItsData_StreamsResyncOnceAndGoOn()
    {
        await using var app = await RegistryApp.StartAsync();
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await using var stream = await StreamClient.OpenAsync(ada, group);
        using var first = await TestDevice.RegisterAsync(group, ada);
        await stream.NextAsync("device_registered");
        var last = stream.LastId;

        await app.LoseRedisAsync();
        using var second = await TestDevice.RegisterAsync(group, ada);

        Assert.Equal("resync", (await stream.NextAsync()).Name);
        using var third = await TestDevice.RegisterAsync(group, ada);
        TestEvent next;
        do
        {
            next = await stream.NextAsync();
            Assert.Equal("device_registered", next.Name);
        }
        while (next.Data.GetProperty("deviceId").GetGuid() != third.Id);
        await using var resumed = await StreamClient.OpenAsync(ada, group, lastEventId: last);
        Assert.Equal("resync", (await resumed.NextAsync()).Name);
    }

    [Fact]
    public async Task Redis_AwayAndBackWithItsData_NothingIsLostAndNothingResyncs()
    {
        await using var proxy = await ProxyAsync();
        await using var app = await StartAsync(proxy);
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await using var stream = await StreamClient.OpenAsync(ada, group);
        using var before = await TestDevice.RegisterAsync(group, ada);
        Assert.Equal(before.Id, (await stream.NextAsync("device_registered")).Data.GetProperty("deviceId").GetGuid());

        proxy.Cut();
        using var meanwhile = await TestDevice.RegisterAsync(group, ada);
        proxy.Mend();

        var next = await stream.NextAsync();
        Assert.Equal(("device_registered", meanwhile.Id), (next.Name, next.Data.GetProperty("deviceId").GetGuid()));
    }

    [Fact]
    public async Task Redis_Away_HeartbeatGoesToTheRowAndPresenceComesFromIt()
    {
        await using var proxy = await ProxyAsync();
        await using var app = await StartAsync(proxy);
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        using var foreign = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        proxy.Cut();

        using var beat = await ada.PostAsync($"{device.Path}/heartbeat");
        await beat.AssertNoContentAsync();
        using var notOwned = await ada.PostAsync($"{foreign.Path}/heartbeat");
        await notOwned.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        await app.Get<LastSeenWriter>().WriteAsync(CancellationToken.None);

        using var presence = await ada.GetAsync($"{group.Realm}/devices/presence");
        var devices = (await presence.AssertJsonAsync(System.Net.HttpStatusCode.OK)).GetProperty("devices").EnumerateArray().ToDictionary(one => one.GetProperty("deviceId").GetGuid());
        Assert.Equal(("online", "offline"), (devices[device.Id].Text("status"), devices[foreign.Id].Text("status")));
    }

    [Fact]
    public async Task Redis_AwayWhenAStreamOpens_ItOpensAndResyncsWhenRedisIsBack()
    {
        await using var proxy = await ProxyAsync();
        await using var app = await StartAsync(proxy);
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        proxy.Cut();

        await using var stream = await StreamClient.OpenAsync(ada, group);
        using var device = await TestDevice.RegisterAsync(group, ada);
        proxy.Mend();

        Assert.Equal("resync", (await stream.NextAsync()).Name);
        await group.TellAsync(effects => effects.SecretsUpdated(1));
        await stream.NextAsync("secrets_updated");
        Assert.Equal(1, app.Get<StreamHub>().Count);
    }

    /// <summary>The group may be quiet for hours afterwards: what is not told now is not told.</summary>
    [Fact]
    public async Task Redis_AwayForLongerThanTheBufferKeeps_NothingIsLost()
    {
        await using var proxy = await ProxyAsync();
        await using var app = await StartAsync(proxy, new FakeClock());
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await using var stream = await StreamClient.OpenAsync(ada, group);
        using var before = await TestDevice.RegisterAsync(group, ada);
        await stream.NextAsync("device_registered");

        proxy.Cut();
        using var meanwhile = await TestDevice.RegisterAsync(group, ada);
        await TriedAsync(1);
        app.FakeClock.Advance(TimeSpan.FromMinutes(16));
        await TriedAsync(Tries() + 2);
        proxy.Mend();

        var next = await stream.NextAsync();
        Assert.Equal(("device_registered", meanwhile.Id), (next.Name, next.Data.GetProperty("deviceId").GetGuid()));

        int Tries() => app.Logs.Lines.Count(line => line.Contains("is told to its streams later", StringComparison.Ordinal));

        Task TriedAsync(int times) => Eventually.IsTrueAsync(() => Task.FromResult(Tries() >= times), "Nobody tries to tell it");
    }

    private static async Task<CuttableProxy> ProxyAsync()
    {
        var redis = StackExchange.Redis.ConfigurationOptions.Parse((await BackingServers.GetAsync()).Redis);
        var (host, port) = redis.EndPoints[0] switch
        {
            System.Net.DnsEndPoint dns => (dns.Host, dns.Port),
            System.Net.IPEndPoint ip => (ip.Address.ToString(), ip.Port),
            _ => throw new InvalidOperationException("Redis has no address."),
        };
        return new CuttableProxy(host, port);
    }

    private static async Task<RegistryApp> StartAsync(CuttableProxy proxy, TimeProvider? clock = null)
    {
        var redis = StackExchange.Redis.ConfigurationOptions.Parse((await BackingServers.GetAsync()).Redis);
        redis.EndPoints.Clear();
        redis.EndPoints.Add("127.0.0.1", proxy.Port);
        return await RegistryApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:redis"] = redis.ToString(includePassword: true),
        }, clock);
    }
}
