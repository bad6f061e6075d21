using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>
/// Contract §5.16: whoever comes second is judged by the new version. The key is rotated while a request waits for its turn, and hands the new one to the
/// caller's device too. What the request brings was made with the old key: under the new version it would open nothing, and nobody would know.
/// </summary>
public sealed class RotatedMeanwhileTests(RegistryApp app)
{
    [Fact]
    public async Task GrantKeyRequest_KeyRotatedMeanwhile_ConflictAndTheRequestStaysOpen()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();

        using var response = await RotateMeanwhileAsync(scene, () => scene.First.GrantAsync(request, scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey)));

        Assert.Equal(2, (await response.AssertProblemAsync(409, "KEY_VERSION_CONFLICT")).GetProperty("keyVersion").GetInt32());
        Assert.Equal(("pending", 0), ((await device.GetAsync()).Text("status"), (await device.GetAsync()).GetProperty("keyVersion").GetInt32()));
        using var again = await scene.First.GrantAsync(request, Scene.Blob());
        await again.AssertNoContentAsync();
    }

    [Fact]
    public async Task ActivateDevice_FromAnotherDeviceAndKeyRotatedMeanwhile_Conflict()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync(scene.Administrator);

        using var response = await RotateMeanwhileAsync(scene, () => device.ActivateAsync(scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey)));

        await response.AssertProblemAsync(409, "KEY_VERSION_CONFLICT");
        Assert.Equal("pending", (await device.GetAsync()).Text("status"));
    }

    [Fact]
    public async Task UpdateSecrets_KeyRotatedMeanwhile_ConflictAndTheNewOnesStay()
    {
        using var scene = await Scene.CreateAsync(app);
        var stored = await scene.StoreSecretsAsync();

        using var response = await RotateMeanwhileAsync(scene, () => scene.Administrator.PutAsync($"{scene.Group.Realm}/secrets", new { encryptedPayload = Scene.Blob() }));

        await response.AssertProblemAsync(409, "KEY_VERSION_CONFLICT");
        Assert.Equal(stored, Convert.ToBase64String(await app.ScalarAsync<byte[]>("SELECT payload FROM group_secrets WHERE group_id = @Id", new { scene.Group.Id })));
    }

    [Fact]
    public async Task ActivateDevice_OwnSecretsInitialisedMeanwhile_BootstrapsAllTheSame()
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        await using var held = await HeldGroup.HoldAsync(group);
        var activating = device.ActivateAsync(Scene.Blob());
        await held.SomebodyWaitsAsync();
        await held.ExecuteAsync("UPDATE groups SET key_version = 1, key_ready = true, initialized_by = @Identity WHERE id = @Id", new { group.Id, device.Owner.Identity });
        await held.LetGoAsync();

        using var activated = await activating;

        Assert.Equal("active", (await activated.AssertJsonAsync(HttpStatusCode.OK)).Text("status"));
    }

    private static async Task<HttpResponseMessage> RotateMeanwhileAsync(Scene scene, Func<Task<HttpResponseMessage>> send)
    {
        await using var held = await HeldGroup.HoldAsync(scene.Group);
        var waiting = send();
        await held.SomebodyWaitsAsync();
        await held.ExecuteAsync("UPDATE groups SET key_version = 2 WHERE id = @Id", new { scene.Group.Id });
        await held.ExecuteAsync("UPDATE devices SET wrapped_key_version = 2 WHERE device_id = @Id", new { scene.First.Id });
        await held.LetGoAsync();
        return await waiting;
    }
}
