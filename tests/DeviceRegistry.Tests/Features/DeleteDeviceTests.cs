using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.21.</summary>
public sealed class DeleteDeviceTests(RegistryApp app)
{
    [Fact]
    public async Task DeleteDevice_Active_GoneWithItsRequests()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        var request = await device.RequestKeyAsync();

        using var response = await DeleteAsync(scene, device.Id);

        await response.AssertNoContentAsync();
        using var again = await DeleteAsync(scene, device.Id);
        await again.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
        using var gone = await scene.Member.GetAsync($"{scene.Group.Realm}/devices/key-requests/{request}");
        await gone.AssertProblemAsync(404, "KEY_REQUEST_NOT_FOUND");
        Assert.Equal(["KeyRequestRejected", "DeviceRemoved"], (await app.EventsOfAsync(scene.Group.Id)).TakeLast(2));
        Assert.Equal("device_removed", (await app.StreamEventsAsync(scene.Group.Id))[^1].Event);
        Assert.Equal(1, await scene.Group.ColumnAsync<long>("key_version"));
    }

    [Fact]
    public async Task DeleteDevice_RevokedOne_ItsKeyStaysRefused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var revoked = await scene.RegisterAsync();
        await scene.RevokeAsync(revoked);
        using (var response = await DeleteAsync(scene, revoked.Id))
        {
            await response.AssertNoContentAsync();
        }

        using var again = await scene.Member.PostAsync($"{scene.Group.Realm}/devices", new { deviceName = "a", deviceType = "ios", publicKey = revoked.Keys.PublicKey });
        await again.AssertProblemAsync(400, "PUBLIC_KEY_REVOKED");
    }

    [Fact]
    public async Task DeleteDevice_PendingOne_ItsKeyMayComeBack()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        using var response = await DeleteAsync(scene, device.Id);
        using var again = await TestDevice.RegisterAsync(scene.Group, scene.Member, device.Keys);
        Assert.NotEqual(device.Id, again.Id);
    }

    [Fact]
    public async Task DeleteDevice_Granter_RequestKeepsItsName()
    {
        using var scene = await Scene.CreateAsync(app);
        using var granter = await scene.JoinAsync();
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        using (var granted = await granter.GrantAsync(request, granter.Keys.Wrap(scene.Key, device.Keys.PublicKey)))
        {
            await granted.AssertNoContentAsync();
        }

        using var response = await DeleteAsync(scene, granter.Id);
        using var read = await scene.Member.GetAsync($"{scene.Group.Realm}/devices/key-requests/{request}");
        Assert.Equal(granter.Id.ToString(), (await read.AssertJsonAsync(HttpStatusCode.OK)).Text("grantingDeviceId"));
    }

    [Fact]
    public async Task DeleteDevice_InParallel_OneSucceeds()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => DeleteAsync(scene, device.Id)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(19, answers.Count(answer => answer.StatusCode == HttpStatusCode.NotFound));
        Assert.Single(await app.EventsOfAsync(scene.Group.Id), "DeviceRemoved");
        Array.ForEach(answers, answer => answer.Dispose());
    }

    private static Task<HttpResponseMessage> DeleteAsync(Scene scene, Guid id) => scene.Administrator.DeleteAsync($"{scene.Group.Admin}/devices/{id}");
}
