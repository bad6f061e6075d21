using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.15.</summary>
public sealed class GetKeyRequestTests(RegistryApp app)
{
    [Fact]
    public async Task GetKeyRequest_GrantedReadByTheOwner_ShowsTheKeyAndAcknowledges()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        var wrapped = scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey);
        using var granted = await scene.First.GrantAsync(request, wrapped);

        var others = await ReadAsync(scene.Administrator, scene, request);
        Assert.False(others.TryGetProperty("encryptedGroupKey", out _));
        Assert.Equal(0, await AckedAsync(device));
        var own = await ReadAsync(scene.Member, scene, request);
        Assert.Equal((wrapped, "granted", scene.First.Id.ToString()), (own.Text("encryptedGroupKey"), own.Text("status"), own.Text("grantingDeviceId")));
        Assert.Equal(scene.Key, device.Keys.Unwrap(own.Text("encryptedGroupKey"), scene.First.Keys.PublicKey));
        Assert.Equal(1, await AckedAsync(device));
    }

    [Fact]
    public async Task GetKeyRequest_TimeIsOverBeforeTheSweep_ReadsAsExpired()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        await app.ExecuteAsync("UPDATE key_requests SET expires_at = now() WHERE request_id = @request", new { request });
        Assert.Equal("expired", (await ReadAsync(scene.Member, scene, request)).Text("status"));
    }

    [Theory]
    [InlineData("00000000-0000-4000-8000-000000000000")]
    [InlineData("x")]
    public async Task GetKeyRequest_Unknown_NotFound(string id)
    {
        var group = await app.CreateGroupAsync();
        using var response = await (await group.AddMemberAsync()).GetAsync($"{group.Realm}/devices/key-requests/{id}");
        await response.AssertProblemAsync(404, "KEY_REQUEST_NOT_FOUND");
    }

    [Fact]
    public async Task GetKeyRequest_OfAnotherGroup_NotFound()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        var other = await app.CreateGroupAsync();
        using var response = await (scene.Member with { Groups = [other.Name] }).GetAsync($"{other.Realm}/devices/key-requests/{request}");
        await response.AssertProblemAsync(404, "KEY_REQUEST_NOT_FOUND");
    }

    private static async Task<System.Text.Json.JsonElement> ReadAsync(TestUser user, Scene scene, Guid request)
    {
        using var response = await user.GetAsync($"{scene.Group.Realm}/devices/key-requests/{request}");
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        return await response.AssertJsonAsync(HttpStatusCode.OK);
    }

    private Task<long> AckedAsync(TestDevice device) => app.ScalarAsync<long>("SELECT acked_key_version FROM devices WHERE device_id = @Id", new { device.Id });
}
