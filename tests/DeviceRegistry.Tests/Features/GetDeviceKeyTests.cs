using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.9.</summary>
public sealed class GetDeviceKeyTests(RegistryApp app)
{
    [Fact]
    public async Task GetDeviceKey_Owner_GetsKeyAndAcknowledges()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        Assert.Equal(0, await AckedAsync(device));

        using var response = await scene.Member.GetAsync($"{device.Path}/key");

        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(["deviceId", "encryptedGroupKey", "groupId", "keyVersion", "senderPublicKey"], body.Names());
        Assert.Equal(scene.First.Keys.PublicKey, body.Text("senderPublicKey"));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal(1, await AckedAsync(device));
    }

    [Fact]
    public async Task GetDeviceKey_LeftOutOfTheRotation_NotAvailable()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        await scene.RotateAsync(scene.First);
        using var response = await scene.Member.GetAsync($"{device.Path}/key");
        await response.AssertProblemAsync(404, "KEY_NOT_AVAILABLE");
    }

    [Fact]
    public async Task GetDeviceKey_Pending_NotAvailable()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        using var response = await scene.Member.GetAsync($"{device.Path}/key");
        await response.AssertProblemAsync(404, "KEY_NOT_AVAILABLE");
    }

    [Fact]
    public async Task GetDeviceKey_NotTheOwner_RefusedAlsoToAdministrators()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        using var one = await scene.Administrator.GetAsync($"{device.Path}/key");
        await one.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        using var other = await app.GlobalAdministrator().GetAsync($"{device.Path}/key");
        await other.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        Assert.Equal(0, await AckedAsync(device));
    }

    [Fact]
    public async Task GetDeviceKey_Unknown_NotFound()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.Member.GetAsync($"{scene.Group.Realm}/devices/{Guid.NewGuid()}/key");
        await response.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
    }

    private Task<long> AckedAsync(TestDevice device) => app.ScalarAsync<long>("SELECT acked_key_version FROM devices WHERE device_id = @Id", new { device.Id });
}
