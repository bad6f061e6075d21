using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Streams;

/// <summary>Two instances on the same servers: it does not matter on which of them anything happens.</summary>
public sealed class TwoInstanceTests(RegistryApp app) : IAsyncLifetime
{
    private RegistryApp _other = null!;

    public async ValueTask InitializeAsync() => _other = await RegistryApp.StartAsync(sameServersAs: app);

    public ValueTask DisposeAsync() => _other.DisposeAsync();

    [Fact]
    public async Task Change_OnOneInstance_ArrivesAtStreamsOfBothWithTheSameIds()
    {
        var group = await app.CreateGroupAsync(maxDevices: 100);
        var ada = await group.AddMemberAsync();
        await using var here = await StreamClient.OpenAsync(ada, group);
        await using var there = await StreamClient.OpenAsync(ada, group, client: _other.Client);

        using var one = await TestDevice.RegisterAsync(group, ada);
        using var two = await TestDevice.RegisterAsync(group with { App = _other }, ada with { App = _other });

        foreach (var device in new[] { one, two })
        {
            var (first, second) = (await here.NextAsync(), await there.NextAsync());
            Assert.Equal((first.Id, first.Name, first.Data.GetRawText()), (second.Id, second.Name, second.Data.GetRawText()));
            Assert.Equal(device.Id, first.Data.GetProperty("deviceId").GetGuid());
        }
    }

    [Fact]
    public async Task Resume_OnTheOtherInstance_GoesOnThere()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await using var here = await StreamClient.OpenAsync(ada, group);
        await group.AppendAsync(1, events: 2);
        await here.NextAsync();

        await using var there = await StreamClient.OpenAsync(ada, group, lastEventId: here.LastId, client: _other.Client);
        await group.AppendAsync(2, events: 1, firstValue: 3);

        Assert.Equal(2, (await there.NextAsync()).Version());
        Assert.Equal(3, (await there.NextAsync()).Version());
    }

    [Fact]
    public async Task Streams_TenPerCallerAndGroup_CountOverBoth()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        var streams = new List<StreamClient>();
        for (var i = 0; i < 10; i++)
        {
            streams.Add(await StreamClient.OpenAsync(ada, group, client: i % 2 == 0 ? app.Client : _other.Client));
        }

        foreach (var client in new[] { app.Client, _other.Client })
        {
            using var tooMany = await StreamClient.SendAsync(ada, group, client: client);
            Assert.Equal(HttpStatusCode.TooManyRequests, tooMany.StatusCode);
        }

        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task Heartbeat_AtOneInstance_IsPresenceAtTheOtherAndToldOnce()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await using var stream = await StreamClient.OpenAsync(ada, group, client: _other.Client);

        using var first = await ada.PostAsync($"{device.Path}/heartbeat");
        using var second = await (ada with { App = _other }).PostAsync($"{device.Path}/heartbeat");
        await group.TellAsync(effects => effects.SecretsUpdated(1));

        Assert.Equal("online", (await stream.NextAsync("device_presence")).Data.Text("status"));
        Assert.Equal("secrets_updated", (await stream.NextAsync()).Name);
        using var presence = await (ada with { App = _other }).GetAsync($"{group.Realm}/devices/presence");
        Assert.Equal(1, (await presence.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("onlineCount").GetInt32());
    }

    [Fact]
    public async Task Heartbeat_RevokedAtTheOtherInstance_IsRefusedAtOnce()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        using var before = await (ada with { App = _other }).PostAsync($"{device.Path}/heartbeat");
        await before.AssertNoContentAsync();

        await device.RevokeAsync();

        using var after = await (ada with { App = _other }).PostAsync($"{device.Path}/heartbeat");
        await after.AssertProblemAsync(403, "DEVICE_REVOKED");
    }
}
