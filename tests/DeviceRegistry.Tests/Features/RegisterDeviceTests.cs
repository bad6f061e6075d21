using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.1.</summary>
public sealed class RegisterDeviceTests(RegistryApp app)
{
    [Fact]
    public async Task RegisterDevice_Member_CreatesPendingDevice()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var keys = new DeviceKeys();

        using var response = await member.PostAsync($"{group.Realm}/devices", new { deviceName = "  Firefox on Linux ", deviceType = "Web", publicKey = keys.PublicKey, groupId = group.Id });

        var body = await response.AssertJsonAsync(HttpStatusCode.Created);
        Assert.Equal(["createdAt", "deviceId", "deviceName", "deviceType", "groupId", "keyVersion", "publicKey", "status", "updatedAt", "userId"], body.Names());
        Assert.Equal("Firefox on Linux", body.Text("deviceName"));
        Assert.Equal("web", body.Text("deviceType"));
        Assert.Equal(keys.PublicKey, body.Text("publicKey"));
        Assert.Equal("pending", body.Text("status"));
        Assert.Equal(member.Identity, body.Text("userId"));
        Assert.Equal(0, body.GetProperty("keyVersion").GetInt64());
        Assert.Equal(group.Id, body.GetProperty("groupId").GetInt64());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", body.Text("createdAt"));
        Assert.Equal($"{group.Realm}/devices/{body.Text("deviceId")}", response.Headers.Location?.OriginalString);
        Assert.Equal(["DeviceRegistered"], await app.EventsOfAsync(group.Id));
        Assert.Equal(["device_registered"], (await app.StreamEventsAsync(group.Id)).Select(one => one.Event));
    }
}
