using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.18.</summary>
public sealed class GetKeyVersionTests(RegistryApp app)
{
    [Fact]
    public async Task GetKeyVersion_NoDevice_ZeroAndNoNeed()
    {
        using var scene = await Scene.CreateAsync(app);
        var (body, tag) = await ReadAsync(scene.Member, scene, "");
        Assert.Equal(["deviceKeyVersion", "keyVersion", "needsUpdate"], body.Names());
        Assert.Equal((1, 0, false), Numbers(body));
        Assert.Equal("\"kv-1\"", tag);
    }

    [Fact]
    public async Task GetKeyVersion_AfterARotation_DeviceNeedsToFetch()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        await device.OpenKeyAsync();
        Assert.Equal((1, 1, false), Numbers((await ReadAsync(scene.Member, scene, "")).Body));
        await scene.RotateAsync(scene.First, device);

        var (body, tag) = await ReadAsync(scene.Member, scene, $"?deviceId={device.Id}");

        Assert.Equal((2, 1, true), Numbers(body));
        Assert.Equal("\"kv-2\"", tag);
        Assert.True(body.TryGetProperty("lastRotatedAt", out _));
        await device.OpenKeyAsync();
        Assert.Equal((2, 2, false), Numbers((await ReadAsync(scene.Member, scene, "")).Body));
    }

    [Fact]
    public async Task GetKeyVersion_OthersDevice_AdministratorsOnly()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        using var refused = await scene.Member.GetAsync($"{scene.Group.Realm}/keys/version?deviceId={scene.First.Id}");
        await refused.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        await ReadAsync(scene.Administrator, scene, $"?deviceId={device.Id}");
        await ReadAsync(app.GlobalAdministrator(), scene, $"?deviceId={device.Id}");
        using var unknown = await scene.Member.GetAsync($"{scene.Group.Realm}/keys/version?deviceId=x");
        await unknown.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
        using var header = await (scene.Member with { DeviceHeader = scene.First.Id.ToString() }).GetAsync($"{scene.Group.Realm}/keys/version");
        await header.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
    }

    private static (int, int, bool) Numbers(System.Text.Json.JsonElement body)
        => (body.GetProperty("keyVersion").GetInt32(), body.GetProperty("deviceKeyVersion").GetInt32(), body.GetProperty("needsUpdate").GetBoolean());

    private static async Task<(System.Text.Json.JsonElement Body, string? Tag)> ReadAsync(TestUser user, Scene scene, string query)
    {
        using var response = await user.GetAsync($"{scene.Group.Realm}/keys/version{query}");
        return (await response.AssertJsonAsync(HttpStatusCode.OK), response.Headers.ETag?.ToString());
    }
}
