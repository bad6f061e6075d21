using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, update secrets.</summary>
public sealed class UpdateSecretsTests(RegistryApp app)
{
    [Fact]
    public async Task UpdateSecrets_ExpectedVersion_Replaced()
    {
        using var scene = await Scene.CreateAsync(app);
        await scene.StoreSecretsAsync();
        var payload = Scene.Blob();
        using var response = await PutAsync(scene, scene.Administrator, new { encryptedPayload = payload, expectedVersion = 1 });
        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal((2, payload), (body.GetProperty("version").GetInt32(), body.Text("encryptedPayload")));
        Assert.Equal("secrets_updated", (await app.StreamEventsAsync(scene.Group.Id))[^1].Event);
        using var stale = await PutAsync(scene, scene.Administrator, new { encryptedPayload = payload, expectedVersion = 1 });
        await stale.AssertProblemAsync(409, "SECRETS_VERSION_CONFLICT");
        using var whatever = await PutAsync(scene, scene.Administrator, new { encryptedPayload = payload });
        await whatever.AssertJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task UpdateSecrets_RefusedInOrder()
    {
        using var scene = await Scene.CreateAsync(app);
        using var none = await PutAsync(scene, scene.Administrator, new { encryptedPayload = Scene.Blob() });
        await none.AssertProblemAsync(404, "SECRETS_NOT_FOUND");
        await scene.StoreSecretsAsync();
        using var noDevice = await PutAsync(scene, scene.Member, new { });
        await noDevice.AssertProblemAsync(403, "NO_ACTIVE_DEVICE");
        using var bad = await PutAsync(scene, scene.Administrator, new { });
        await bad.AssertProblemAsync(400, "VALIDATION_FAILED");
    }

    [Fact]
    public async Task UpdateSecrets_FromADeviceThatIsBehind_Conflict()
    {
        using var scene = await Scene.CreateAsync(app);
        using var behind = await scene.JoinAsync();
        await scene.RotateAsync(scene.First);
        await scene.StoreSecretsAsync();
        using var response = await PutAsync(scene, scene.Member, new { encryptedPayload = Scene.Blob() });
        await response.AssertProblemAsync(409, "KEY_VERSION_CONFLICT");
    }

    [Fact]
    public async Task UpdateSecrets_SameExpectedVersionInParallel_OneWins()
    {
        using var scene = await Scene.CreateAsync(app);
        await scene.StoreSecretsAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => PutAsync(scene, scene.Administrator, new { encryptedPayload = Scene.Blob(), expectedVersion = 1 })));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(99, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Array.ForEach(answers, answer => answer.Dispose());
    }

    private static Task<HttpResponseMessage> PutAsync(Scene scene, TestUser user, object body) => user.PutAsync($"{scene.Group.Realm}/secrets", body);
}
