using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.12.</summary>
public sealed class ClearPushTokenTests(RegistryApp app)
{
    [Fact]
    public async Task ClearPushToken_TokenIsSet_GoneAndTold()
    {
        using var scene = await Scene.CreateAsync(app);
        using var set = await scene.Administrator.PutAsync($"{scene.First.Path}/push-token", new { pushToken = Guid.NewGuid().ToString(), platform = "ios" });
        var events = await scene.EventCountAsync();

        using var response = await scene.Administrator.DeleteAsync($"{scene.First.Path}/push-token");

        await response.AssertNoContentAsync();
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM devices WHERE device_id = @Id AND push_token IS NULL AND push_platform IS NULL AND push_token_mac IS NULL", new { scene.First.Id }));
        Assert.Equal(events + 1, await scene.EventCountAsync());
    }

    [Fact]
    public async Task ClearPushToken_NoneSet_NothingTold()
    {
        using var scene = await Scene.CreateAsync(app);
        var events = await scene.EventCountAsync();
        using var response = await scene.Administrator.DeleteAsync($"{scene.First.Path}/push-token");
        await response.AssertNoContentAsync();
        Assert.Equal(events, await scene.EventCountAsync());
    }

    [Fact]
    public async Task ClearPushToken_NotTheOwnerOrRevokedOrUnknown_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        using var foreign = await scene.Administrator.DeleteAsync($"{device.Path}/push-token");
        await foreign.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        await scene.RevokeAsync(device);
        using var revoked = await scene.Member.DeleteAsync($"{device.Path}/push-token");
        await revoked.AssertProblemAsync(403, "DEVICE_REVOKED");
        using var unknown = await scene.Member.DeleteAsync($"{scene.Group.Realm}/devices/count/push-token");
        await unknown.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
    }
}
