using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §7.5, listing a user's phones.</summary>
public sealed class ListUserDevicesTests(PairingApp app)
{
    [Fact]
    public async Task ListUserDevices_LinkedPhone_IsListed()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);

        var device = Assert.Single((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());

        Assert.Equal(
            ["deviceId", "displayName", "platform", "osVersion", "model", "publicKeyThumbprint", "createdAt"],
            device.EnumerateObject().Select(member => member.Name));
        Assert.Equal(phone.DeviceId, device.Text("deviceId"));
        Assert.Equal(phone.Thumbprint, device.Text("publicKeyThumbprint"));
        Assert.InRange(device.GetProperty("createdAt").GetInt64(), pairing.Exp - 120, pairing.Exp);
    }

    [Fact]
    public async Task ListUserDevices_OptionalFieldsNotTold_AreLeftOut()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        var announcement = phone.Announcement();
        announcement.Remove("osVersion");
        announcement["model"] = null;
        using var init = await phone.PostInitAsync(pairing.Jwt, announcement);
        using var complete = await phone.PostCompleteAsync(pairing.Jwt, (await init.JsonAsync()).Text("nonce"));

        var device = Assert.Single((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());

        Assert.False(device.TryGetProperty("osVersion", out _));
        Assert.False(device.TryGetProperty("model", out _));
    }

    [Fact]
    public async Task ListUserDevices_UnknownUserOrOtherTenant_IsEmpty()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);

        Assert.Empty((await pairing.Tenant.DevicesAsync(Guid.NewGuid())).EnumerateArray());
        Assert.Empty((await (await app.CreateTenantAsync()).DevicesAsync(pairing.UserId)).EnumerateArray());
        using var response = await pairing.Tenant.SendAsync(HttpMethod.Get, "/tenants/v1/users/abc/devices");
        await response.AssertProblemAsync(400, "Bad request", "validation_failed");
    }
}
