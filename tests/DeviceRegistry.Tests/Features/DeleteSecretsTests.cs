using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, delete secrets.</summary>
public sealed class DeleteSecretsTests(RegistryApp app)
{
    [Fact]
    public async Task DeleteSecrets_CiphertextOnly()
    {
        using var scene = await Scene.CreateAsync(app);
        await scene.StoreSecretsAsync();
        using var response = await scene.Administrator.DeleteAsync($"{scene.Group.Admin}/secrets");
        await response.AssertNoContentAsync();
        using var read = await scene.Administrator.GetAsync($"{scene.Group.Realm}/secrets");
        await read.AssertProblemAsync(404, "SECRETS_NOT_FOUND");
        Assert.True(await scene.Group.ColumnAsync<bool>("key_ready"));
        Assert.Equal(scene.Key, await scene.First.OpenKeyAsync());
        using var again = await scene.Administrator.DeleteAsync($"{scene.Group.Admin}/secrets");
        await again.AssertNoContentAsync();
        await scene.StoreSecretsAsync();
    }

    [Fact]
    public async Task DeleteSecrets_NotAnAdministrator_Forbidden()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.Member.DeleteAsync($"{scene.Group.Admin}/secrets");
        await response.AssertProblemAsync(403, "FORBIDDEN");
    }
}
