using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, get secrets.</summary>
public sealed class GetSecretsTests(RegistryApp app)
{
    [Fact]
    public async Task GetSecrets_OwnerOfAnActiveDevice_GetsTheCiphertext()
    {
        using var scene = await Scene.CreateAsync(app);
        using var before = await scene.Administrator.GetAsync($"{scene.Group.Realm}/secrets");
        await before.AssertProblemAsync(404, "SECRETS_NOT_FOUND");
        var payload = await scene.StoreSecretsAsync();
        using var response = await scene.Administrator.GetAsync($"{scene.Group.Realm}/secrets");
        Assert.Equal(payload, (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("encryptedPayload"));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task GetSecrets_NoActiveDevice_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        await scene.StoreSecretsAsync();
        using var pending = await scene.RegisterAsync();
        using var member = await scene.Member.GetAsync($"{scene.Group.Realm}/secrets");
        await member.AssertProblemAsync(403, "NO_ACTIVE_DEVICE");
        using var administrator = await app.GlobalAdministrator().GetAsync($"{scene.Group.Realm}/secrets");
        await administrator.AssertProblemAsync(403, "NO_ACTIVE_DEVICE");
    }
}
