using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.2.</summary>
public sealed class ListDevicesTests(RegistryApp app)
{
    [Fact]
    public async Task ListDevices_NoFilter_AllOfAllMembersOldestFirst()
    {
        using var scene = await Scene.CreateAsync(app);
        using var pending = await scene.RegisterAsync();
        using var revoked = await scene.RegisterAsync();
        await scene.RevokeAsync(revoked);

        var list = await ListAsync(scene, "");

        Assert.Equal([scene.First.Id, pending.Id, revoked.Id], list.Select(device => device.Id));
        Assert.Equal(["active", "pending", "revoked"], list.Select(device => device.Status));
    }

    [Theory]
    [InlineData("active", 0)]
    [InlineData("pending", 1)]
    [InlineData("revoked", 2)]
    public async Task ListDevices_Filter_OnlyThatState(string status, int index)
    {
        using var scene = await Scene.CreateAsync(app);
        using var pending = await scene.RegisterAsync();
        using var revoked = await scene.RegisterAsync();
        await scene.RevokeAsync(revoked);

        Assert.Equal(new[] { scene.First.Id, pending.Id, revoked.Id }[index], Assert.Single(await ListAsync(scene, $"?status={status}")).Id);
    }

    [Theory]
    [InlineData("?status=ACTIVE")]
    [InlineData("?status=")]
    [InlineData("?status=gone")]
    [InlineData("?status=active&status=pending")]
    public async Task ListDevices_UnknownStatus_Refused(string query)
    {
        var group = await app.CreateGroupAsync();
        using var response = await (await group.AddMemberAsync()).GetAsync($"{group.Realm}/devices{query}");
        await response.AssertProblemAsync(400, "INVALID_STATUS");
    }

    [Fact]
    public async Task ListDevices_NoDevices_EmptyArray()
    {
        var group = await app.CreateGroupAsync();
        using var response = await group.MemberByClaim().GetAsync($"{group.Realm}/devices");
        Assert.Equal(0, (await response.AssertJsonAsync(HttpStatusCode.OK)).GetArrayLength());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task ListDevices_WrappedKey_OnlyInTheOwnersOwn()
    {
        using var scene = await Scene.CreateAsync(app);
        using var joined = await scene.JoinAsync();
        using var response = await scene.Member.GetAsync($"{scene.Group.Realm}/devices");
        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal([false, true], body.EnumerateArray().Select(device => device.TryGetProperty("encryptedGroupKey", out _)));
        Assert.Equal([1, 1], body.EnumerateArray().Select(device => device.GetProperty("keyVersion").GetInt32()));
    }

    [Fact]
    public async Task ListDevices_GlobalAdministrator_MayRead()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await app.GlobalAdministrator().GetAsync($"{scene.Group.Realm}/devices");
        await response.AssertJsonAsync(HttpStatusCode.OK);
    }

    private static async Task<List<(Guid Id, string Status)>> ListAsync(Scene scene, string query)
    {
        using var response = await scene.Member.GetAsync($"{scene.Group.Realm}/devices{query}");
        return [.. (await response.AssertJsonAsync(HttpStatusCode.OK)).EnumerateArray().Select(device => (device.GetProperty("deviceId").GetGuid(), device.Text("status")))];
    }
}
