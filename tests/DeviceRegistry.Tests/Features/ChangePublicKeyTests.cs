using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.10.</summary>
public sealed class ChangePublicKeyTests(RegistryApp app)
{
    [Fact]
    public async Task ChangePublicKey_NewKey_DeviceIsPendingAgainWithoutWrappedKey()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        var request = await device.RequestKeyAsync();
        using var keys = new DeviceKeys();

        using var response = await scene.Member.PutAsync($"{device.Path}/public-key", new { publicKey = keys.PublicKey });

        await response.AssertNoContentAsync();
        var body = await device.GetAsync();
        Assert.Equal((keys.PublicKey, "pending", 0), (body.Text("publicKey"), body.Text("status"), body.GetProperty("keyVersion").GetInt32()));
        Assert.False(body.TryGetProperty("encryptedGroupKey", out _));
        using var rejected = await scene.Member.GetAsync($"{scene.Group.Realm}/devices/key-requests/{request}");
        Assert.Equal("rejected", (await rejected.AssertJsonAsync(HttpStatusCode.OK)).Text("status"));
        Assert.Equal(["KeyRequestRejected", "DevicePublicKeyChanged"], (await app.EventsOfAsync(scene.Group.Id)).TakeLast(2));
        var (name, data) = (await app.StreamEventsAsync(scene.Group.Id))[^1];
        Assert.Equal(("device_updated", "publicKey"), (name, data.GetProperty("fields")[0].GetString()));
        // What was granted for the old pair is gone too.
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM key_requests WHERE device_id = @Id AND wrapped_key IS NOT NULL", new { device.Id }));
    }

    [Fact]
    public async Task ChangePublicKey_OldGrant_DoesNotActivateTheNewPair()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        using var keys = new DeviceKeys();
        using var changed = await scene.Member.PutAsync($"{device.Path}/public-key", new { publicKey = keys.PublicKey });
        using var response = await device.ActivateAsync(Scene.Blob());
        await response.AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
    }

    [Fact]
    public async Task ChangePublicKey_SameKey_NothingChanges()
    {
        using var scene = await Scene.CreateAsync(app);
        var (before, events) = (await scene.First.GetAsync(), await scene.EventCountAsync());
        using var response = await scene.Administrator.PutAsync($"{scene.First.Path}/public-key", new { publicKey = scene.First.Keys.PublicKey });
        await response.AssertNoContentAsync();
        Assert.Equal(before.ToString(), (await scene.First.GetAsync()).ToString());
        Assert.Equal(events, await scene.EventCountAsync());
    }

    [Fact]
    public async Task ChangePublicKey_NotTheOwner_RefusedAlsoToAdministrators()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        using var keys = new DeviceKeys();
        using var response = await scene.Administrator.PutAsync($"{device.Path}/public-key", new { publicKey = keys.PublicKey });
        await response.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        Assert.Equal(device.Keys.PublicKey, (await device.GetAsync()).Text("publicKey"));
    }

    [Fact]
    public async Task ChangePublicKey_KeyInUseOrRevoked_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        using var own = await scene.RegisterAsync();
        using var revoked = await scene.RegisterAsync();
        await scene.RevokeAsync(revoked);
        using var others = await scene.Member.PutAsync($"{device.Path}/public-key", new { publicKey = scene.First.Keys.PublicKey });
        await others.AssertProblemAsync(400, "PUBLIC_KEY_IN_USE");
        using var mine = await scene.Member.PutAsync($"{device.Path}/public-key", new { publicKey = own.Keys.PublicKey });
        await mine.AssertProblemAsync(400, "PUBLIC_KEY_IN_USE");
        using var dead = await scene.Member.PutAsync($"{device.Path}/public-key", new { publicKey = revoked.Keys.PublicKey });
        await dead.AssertProblemAsync(400, "PUBLIC_KEY_REVOKED");
        using var gone = await scene.Member.PutAsync($"{revoked.Path}/public-key", new { publicKey = revoked.Keys.PublicKey });
        await gone.AssertProblemAsync(403, "DEVICE_REVOKED");
        using var bad = await scene.Member.PutAsync($"{device.Path}/public-key", new { publicKey = "AAAA" });
        await bad.AssertProblemAsync(400, "INVALID_PUBLIC_KEY");
    }
}
