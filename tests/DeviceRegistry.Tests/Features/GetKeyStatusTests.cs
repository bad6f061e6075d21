using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, key status.</summary>
public sealed class GetKeyStatusTests(RegistryApp app)
{
    [Fact]
    public async Task GetKeyStatus_BeforeAndAfterTheFirstActivation()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        Assert.False(await ReadyAsync(group, member));
        using var device = await TestDevice.BootstrapAsync(group, member, new byte[32]);
        Assert.True(await ReadyAsync(group, member));
    }

    private static async Task<bool> ReadyAsync(TestGroup group, TestUser member)
    {
        using var response = await member.GetAsync($"{group.Realm}/secrets/key-status");
        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(group.Id, body.GetProperty("groupId").GetInt64());
        return body.GetProperty("keyReady").GetBoolean();
    }
}
