using System.Net;
using System.Text.Json;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>A device that somebody has enrolled, with its keys.</summary>
public sealed class TestDevice : IDisposable
{
    private TestDevice(TestGroup group, TestUser owner, DeviceKeys keys, Guid id)
    {
        Group = group;
        Owner = owner;
        Keys = keys;
        Id = id;
    }

    public TestGroup Group { get; }

    public TestUser Owner { get; }

    public DeviceKeys Keys { get; }

    public Guid Id { get; }

    public string Path => $"{Group.Realm}/devices/{Id}";

    /// <summary>Enrols a new device.</summary>
    public static async Task<TestDevice> RegisterAsync(TestGroup group, TestUser owner, DeviceKeys? keys = null)
    {
        keys ??= new DeviceKeys();
        using var response = await owner.PostAsync($"{group.Realm}/devices", new { deviceName = "Firefox on Linux", deviceType = "web", publicKey = keys.PublicKey });
        var body = await response.AssertJsonAsync(HttpStatusCode.Created);
        return new TestDevice(group, owner, keys, Guid.Parse(body.Text("deviceId")));
    }

    /// <summary>Enrols the group's first device and gives the group its key.</summary>
    public static async Task<TestDevice> BootstrapAsync(TestGroup group, TestUser owner, byte[] groupKey)
    {
        var device = await RegisterAsync(group, owner);
        using var response = await device.ActivateAsync(device.Keys.Wrap(groupKey, device.Keys.PublicKey));
        await response.AssertJsonAsync(HttpStatusCode.OK);
        return device;
    }

    /// <summary>Enrols a further device, which asks for the key, and <paramref name="granter"/> hands it over.</summary>
    public static async Task<TestDevice> JoinAsync(TestGroup group, TestUser owner, TestDevice granter, byte[] groupKey)
    {
        var device = await RegisterAsync(group, owner);
        var request = await device.RequestKeyAsync();
        using var granted = await granter.GrantAsync(request, granter.Keys.Wrap(groupKey, device.Keys.PublicKey));
        Assert.Equal(HttpStatusCode.NoContent, granted.StatusCode);
        return device;
    }

    public Task<HttpResponseMessage> ActivateAsync(string encryptedGroupKey, string? senderPublicKey = null)
        => Owner.PostAsync($"{Path}/activate", senderPublicKey is null ? new { encryptedGroupKey } : new { encryptedGroupKey, senderPublicKey });

    /// <summary>Asks for the group's key.</summary>
    public async Task<Guid> RequestKeyAsync()
    {
        using var response = await Owner.PostAsync($"{Group.Realm}/devices/key-requests", new { requestingDeviceId = Id });
        return Guid.Parse((await response.AssertJsonAsync(HttpStatusCode.Created)).Text("requestId"));
    }

    /// <summary>Hands the key to the device that asked.</summary>
    public Task<HttpResponseMessage> GrantAsync(Guid requestId, string encryptedGroupKey)
        => Owner.PostAsync($"{Group.Realm}/devices/key-requests/{requestId}/grant", new { encryptedGroupKey, grantingDeviceId = Id });

    /// <summary>Fetches the key that waits for this device and opens it.</summary>
    public async Task<byte[]> OpenKeyAsync()
    {
        using var response = await Owner.GetAsync($"{Path}/key");
        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        return Keys.Unwrap(body.Text("encryptedGroupKey"), body.Text("senderPublicKey"));
    }

    /// <summary>What the service says of the device to its owner.</summary>
    public async Task<JsonElement> GetAsync()
    {
        using var response = await Owner.GetAsync(Path);
        return await response.AssertJsonAsync(HttpStatusCode.OK);
    }

    /// <summary>An entry of a rotation's <c>deviceKeys</c> for this device.</summary>
    public object KeyEntry(byte[] groupKey, TestDevice sender)
        => new { deviceId = Id, encryptedGroupKey = sender.Keys.Wrap(groupKey, Keys.PublicKey), senderPublicKey = sender.Keys.PublicKey };

    public void Dispose() => Keys.Dispose();
}
