using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.13.</summary>
public sealed class ListKeyRequestsTests(RegistryApp app)
{
    [Fact]
    public async Task ListKeyRequests_OnlyOpenOnesOldestFirst()
    {
        using var scene = await Scene.CreateAsync(app);
        using var one = await scene.RegisterAsync();
        using var two = await scene.RegisterAsync();
        using var rejected = await scene.RegisterAsync();
        using var expired = await scene.RegisterAsync();
        var (first, second) = (await one.RequestKeyAsync(), await two.RequestKeyAsync());
        using var refused = await scene.Administrator.PostAsync($"{scene.Group.Realm}/devices/key-requests/{await rejected.RequestKeyAsync()}/reject");
        await app.ExecuteAsync("UPDATE key_requests SET expires_at = now() - interval '1 s' WHERE request_id = @id", new { id = await expired.RequestKeyAsync() });

        using var response = await scene.Administrator.GetAsync($"{scene.Group.Realm}/devices/key-requests");

        var list = (await response.AssertJsonAsync(HttpStatusCode.OK)).EnumerateArray().ToList();
        Assert.Equal([first, second], list.Select(request => request.GetProperty("requestId").GetGuid()));
        Assert.Equal(["createdAt", "expiresAt", "groupId", "requestId", "requestingDeviceId", "requestingPublicKey", "status"], list[0].Names());
        Assert.Equal(one.Keys.PublicKey, list[0].Text("requestingPublicKey"));
    }

    [Fact]
    public async Task ListKeyRequests_None_EmptyArray()
    {
        var group = await app.CreateGroupAsync();
        using var response = await (await group.AddMemberAsync()).GetAsync($"{group.Realm}/devices/key-requests");
        Assert.Equal(0, (await response.AssertJsonAsync(HttpStatusCode.OK)).GetArrayLength());
    }
}
