using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.6.</summary>
public sealed class GetDeviceTests(RegistryApp app)
{
    [Fact]
    public async Task GetDevice_AnyMember_ReadsIt()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.Member.GetAsync(scene.First.Path);
        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal("active", body.Text("status"));
        Assert.False(body.TryGetProperty("encryptedGroupKey", out _));
        Assert.True((await scene.First.GetAsync()).TryGetProperty("encryptedGroupKey", out _));
    }

    [Theory]
    [InlineData("00000000-0000-4000-8000-000000000000")]
    [InlineData("not-a-uuid")]
    [InlineData("d%2F1")]
    [InlineData("0")]
    public async Task GetDevice_Unknown_NotFound(string id)
    {
        var group = await app.CreateGroupAsync();
        using var response = await (await group.AddMemberAsync()).GetAsync($"{group.Realm}/devices/{id}");
        await response.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
    }

    [Fact]
    public async Task GetDevice_OfAnotherGroup_NotFound()
    {
        using var scene = await Scene.CreateAsync(app);
        var other = await app.CreateGroupAsync();
        using var response = await (scene.Administrator with { Groups = [other.Name] }).GetAsync($"{other.Realm}/devices/{scene.First.Id}");
        await response.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
    }

    [Fact]
    public async Task GetDevice_UpperCaseId_IsTheSame()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.Member.GetAsync($"{scene.Group.Realm}/devices/{scene.First.Id.ToString().ToUpperInvariant()}");
        Assert.Equal(scene.First.Id.ToString(), (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("deviceId"));
    }
}
