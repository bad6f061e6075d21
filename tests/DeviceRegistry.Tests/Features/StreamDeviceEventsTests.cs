using System.Net;
using System.Text;
using DeviceRegistry.Streams;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §6: opening a stream, and what it carries.</summary>
public sealed class StreamDeviceEventsTests(RegistryApp app)
{
    [Fact]
    public async Task StreamDeviceEvents_FirstBytes_RetryThenConnectedWithoutId()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var response = await StreamClient.SendAsync(ada, group);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache, no-transform", response.Headers.NonValidated["Cache-Control"].ToString());
        Assert.Equal("no", response.Headers.GetValues("X-Accel-Buffering").Single());

        await using var body = await response.Content.ReadAsStreamAsync();
        var bytes = new byte[4096];
        var text = Encoding.UTF8.GetString(bytes, 0, await body.ReadAsync(bytes));

        Assert.StartsWith("retry: 3000\n\nevent: connected\ndata: {\"event\":\"connected\",\"data\":{\"groupId\":" + group.Id + ",\"keyVersion\":0,\"serverTime\":\"", text, StringComparison.Ordinal);
        Assert.EndsWith("Z\"}}\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StreamDeviceEvents_ForADevice_ConnectedNamesIt()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, ada);
        await app.ExecuteAsync("UPDATE groups SET key_version = 7 WHERE id = @Id", new { group.Id });

        await using var stream = await StreamClient.OpenAsync(ada, group, device.Id);

        Assert.Equal(["deviceId", "groupId", "keyVersion", "serverTime"], stream.Connected.Names());
        Assert.Equal((device.Id, 7), (stream.Connected.GetProperty("deviceId").GetGuid(), stream.Connected.GetProperty("keyVersion").GetInt32()));
        Assert.Equal(3000, stream.Retry);
    }

    [Fact]
    public async Task StreamDeviceEvents_BrowsersCookie_IsTaken()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{group.Realm}/devices/events") { Headers = { { "Cookie", $"loopToken={ada.Token()}" } } };

        using var response = await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task StreamDeviceEvents_NotEntitled_RefusedAsJson()
    {
        var group = await app.CreateGroupAsync();
        using var anonymous = await app.Client.GetAsync($"{group.Realm}/devices/events");
        await anonymous.AssertProblemAsync(401, "UNAUTHORIZED");
        using var stranger = await StreamClient.SendAsync(app.User(), group);
        await stranger.AssertProblemAsync(403, "FORBIDDEN");
        using var badGroup = await app.User().GetAsync($"{RegistryApp.Api}/realm/groups/9007199254740992/devices/events");
        await badGroup.AssertProblemAsync(400, "INVALID_GROUP_ID");
    }

    [Fact]
    public async Task StreamDeviceEvents_DeviceThatIsNotOnesOwn_Refused()
    {
        var group = await app.CreateGroupAsync();
        var other = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var foreign = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        using var elsewhere = await TestDevice.RegisterAsync(other, await other.AddMemberAsync());
        using var revoked = await TestDevice.RegisterAsync(group, ada);
        await revoked.RevokeAsync();

        foreach (var id in new[] { Guid.NewGuid().ToString(), elsewhere.Id.ToString(), "x", "" })
        {
            using var unknown = await StreamClient.SendAsync(ada, group, query: $"?deviceId={id}");
            await unknown.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
        }

        using var notOwned = await StreamClient.SendAsync(ada, group, foreign.Id);
        await notOwned.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        using var isRevoked = await StreamClient.SendAsync(ada, group, revoked.Id);
        await isRevoked.AssertProblemAsync(403, "DEVICE_REVOKED");
    }

    [Fact]
    public async Task StreamDeviceEvents_Change_ArrivesAtEveryStreamOfTheGroupOnly()
    {
        var group = await app.CreateGroupAsync();
        var other = await app.CreateGroupAsync();
        await using var member = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);
        await using var administrator = await StreamClient.OpenAsync(app.GlobalAdministrator(), group);
        await using var elsewhere = await StreamClient.OpenAsync(await other.AddMemberAsync(), other);
        var bob = await group.AddMemberAsync();

        using var device = await TestDevice.RegisterAsync(group, bob);
        using var later = await TestDevice.RegisterAsync(other, await other.AddMemberAsync());

        foreach (var stream in new[] { member, administrator })
        {
            var one = await stream.NextAsync();
            Assert.Equal("device_registered", one.Name);
            Assert.Equal(["at", "deviceId", "deviceName", "deviceType", "groupId", "userId"], one.Data.Names());
            Assert.Equal((group.Id, device.Id, bob.Identity), (one.Data.GetProperty("groupId").GetInt64(), one.Data.GetProperty("deviceId").GetGuid(), one.Data.Text("userId")));
            Assert.EndsWith("Z", one.Data.Text("at"), StringComparison.Ordinal);
        }

        Assert.Equal(later.Id, (await elsewhere.NextAsync()).Data.GetProperty("deviceId").GetGuid());
    }

    [Fact]
    public async Task StreamDeviceEvents_KeyUpdate_ArrivesAtThatDeviceOnly()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        using var first = await TestDevice.RegisterAsync(group, ada);
        using var second = await TestDevice.RegisterAsync(group, ada);
        using var third = await TestDevice.RegisterAsync(group, ada);
        await using var ofFirst = await StreamClient.OpenAsync(ada, group, first.Id);
        await using var ofSecond = await StreamClient.OpenAsync(ada, group, second.Id);
        await using var ofThird = await StreamClient.OpenAsync(ada, group, third.Id);
        await using var ofNone = await StreamClient.OpenAsync(ada, group);

        await group.TellAsync(effects =>
        {
            effects.GroupKeyRotated(2, [first.Id, second.Id], 1, reason: null);
            effects.SecretsUpdated(2);
        });

        foreach (var (stream, device) in new[] { (ofFirst, first), (ofSecond, second) })
        {
            Assert.Equal(["at", "devicesPendingKeyRequest", "devicesUpdated", "groupId", "keyVersion"], (await stream.NextAsync("key_rotated")).Data.Names());
            var update = await stream.NextAsync();
            Assert.Equal("key_update_available", update.Name);
            Assert.Equal(["at", "deviceId", "groupId", "keyVersion"], update.Data.Names());
            Assert.Equal(device.Id, update.Data.GetProperty("deviceId").GetGuid());
            Assert.Equal("secrets_updated", (await stream.NextAsync()).Name);
        }

        foreach (var stream in new[] { ofThird, ofNone })
        {
            await stream.NextAsync("key_rotated");
            Assert.Equal("secrets_updated", (await stream.NextAsync()).Name);
        }
    }

    [Fact]
    public async Task StreamDeviceEvents_TenPerCallerAndGroup_TheNextIsTooMany()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        var other = await app.CreateGroupAsync();
        var streams = new List<StreamClient>();
        for (var i = 0; i < 10; i++)
        {
            streams.Add(await StreamClient.OpenAsync(ada, group));
        }

        using var tooMany = await StreamClient.SendAsync(ada, group);
        await tooMany.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.True(tooMany.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        await using var ofAnother = await StreamClient.OpenAsync(await group.AddMemberAsync(), group);
        await using var elsewhere = await StreamClient.OpenAsync(ada with { Groups = [other.Name] }, other);

        await streams[3].DisposeAsync();
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var again = await StreamClient.SendAsync(ada, group);
                return again.StatusCode == HttpStatusCode.OK;
            },
            "A stream that ended did not leave its place");
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task StreamDeviceEvents_HundredOpenedAtOnce_ExactlyTenAreOpened()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();

        var responses = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => StreamClient.SendAsync(ada, group)));

        Assert.Equal(10, responses.Count(response => response.StatusCode == HttpStatusCode.OK));
        Assert.Equal(90, responses.Count(response => response.StatusCode == HttpStatusCode.TooManyRequests));
        Assert.All(responses, response => response.Dispose());
    }

    [Fact]
    public async Task StreamDeviceEvents_SecretsOfTheGroup_AreOnNoStream()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await using var stream = await StreamClient.OpenAsync(ada, group);
        using var device = await TestDevice.RegisterAsync(group, ada);
        await app.ExecuteAsync(
            "UPDATE devices SET wrapped_key = @key, push_token = @key, push_platform = 'ios', push_reference = 'planted-secret' WHERE device_id = @Id",
            new { key = Encoding.UTF8.GetBytes("planted-secret"), device.Id });

        await device.RevokeAsync();

        var text = new StringBuilder();
        TestEvent one;
        do
        {
            one = await stream.NextAsync();
            text.Append(one.Data.GetRawText());
        }
        while (one.Name != "device_revoked");
        Assert.DoesNotContain("planted", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("planted-secret"u8), text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StreamDeviceEvents_TenOpenAndADeviceThatIsNotThere_TooManyGoesFirst()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        var streams = new List<StreamClient>();
        for (var i = 0; i < 9; i++)
        {
            streams.Add(await StreamClient.OpenAsync(ada, group));
        }

        // What is refused leaves its place.
        for (var i = 0; i < 3; i++)
        {
            using var unknown = await StreamClient.SendAsync(ada, group, Guid.NewGuid());
            await unknown.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
        }

        streams.Add(await StreamClient.OpenAsync(ada, group));
        using var tooMany = await StreamClient.SendAsync(ada, group, Guid.NewGuid());
        await tooMany.AssertProblemAsync(429, "RATE_LIMITED");
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    /// <summary>The request has passed the gates and waits for its device's row, which somebody holds together with the others.</summary>
    [Theory]
    [InlineData("UPDATE group_members SET state = 'removed' WHERE group_id = @Group AND identity = @Identity", 403, "FORBIDDEN")]
    [InlineData("SELECT @Group, @Identity", 401, "UNAUTHORIZED")]
    public async Task StreamDeviceEvents_RightEndsWhileItOpens_RefusedAsJson(string sql, int status, string error)
    {
        await using var own = await RegistryApp.StartAsync();
        var group = await own.CreateGroupAsync();
        var ada = await group.AddMemberAsync() with { SessionId = Guid.NewGuid().ToString() };
        using var device = await TestDevice.RegisterAsync(group, ada);
        await using var held = await HeldGroup.HoldAsync(group);
        await held.ExecuteAsync("LOCK TABLE devices IN ACCESS EXCLUSIVE MODE", new { });
        await held.ExecuteAsync(sql, new { Group = group.Id, ada.Identity });
        var opening = StreamClient.SendAsync(ada, group, device.Id);
        await held.SomebodyWaitsAsync();
        if (status == 401)
        {
            own.Get<StreamGuard>().Revoke([ada.SessionId!], DateTimeOffset.MaxValue);
        }

        await held.LetGoAsync();

        using var response = await opening;
        await response.AssertProblemAsync(status, error);
    }
}
