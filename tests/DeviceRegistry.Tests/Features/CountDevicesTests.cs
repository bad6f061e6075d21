using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.3.</summary>
public sealed class CountDevicesTests(RegistryApp app)
{
    [Fact]
    public async Task CountDevices_PendingAndActive_Count()
    {
        using var scene = await Scene.CreateAsync(app, maxDevices: 3);
        Assert.Equal((1, 3, false), await CountAsync(scene));
        using var pending = await scene.RegisterAsync();
        using var third = await scene.RegisterAsync();
        Assert.Equal((3, 3, true), await CountAsync(scene));
        await scene.RevokeAsync(third);
        Assert.Equal((2, 3, false), await CountAsync(scene));
    }

    private static async Task<(int Current, int Max, bool Reached)> CountAsync(Scene scene)
    {
        using var response = await scene.Member.GetAsync($"{scene.Group.Realm}/devices/count");
        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(["current", "limitReached", "max"], body.Names());
        return (body.GetProperty("current").GetInt32(), body.GetProperty("max").GetInt32(), body.GetProperty("limitReached").GetBoolean());
    }
}
