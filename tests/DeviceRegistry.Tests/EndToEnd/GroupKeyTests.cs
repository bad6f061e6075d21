using System.Net;
using System.Security.Cryptography;
using System.Text;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.EndToEnd;

/// <summary>The encryption as clients do it (contract §2), from the first device to one that was shut out.</summary>
public sealed class GroupKeyTests(RegistryApp app)
{
    [Fact]
    public async Task GroupKey_FromBootstrapToRevocation_OpensForMembersOnly()
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddAdministratorAsync();
        var bob = await group.AddMemberAsync();
        var eve = await group.AddMemberAsync();
        var firstKey = RandomNumberGenerator.GetBytes(32);
        var secretText = Encoding.UTF8.GetBytes("""{"vault":"the secrets"}""");

        // The first device makes the key; two more get it by asking.
        using var first = await TestDevice.BootstrapAsync(group, ada, firstKey);
        using (var stored = await ada.PostAsync($"{group.Realm}/secrets", new { encryptedPayload = DeviceKeys.Encrypt(firstKey, secretText) }))
        {
            await stored.AssertJsonAsync(HttpStatusCode.Created);
        }

        using var second = await TestDevice.JoinAsync(group, bob, first, firstKey);
        using var third = await TestDevice.JoinAsync(group, eve, second, firstKey);
        Assert.Equal(firstKey, await first.OpenKeyAsync());
        Assert.Equal(firstKey, await second.OpenKeyAsync());
        Assert.Equal(firstKey, await third.OpenKeyAsync());
        Assert.Equal(secretText, DeviceKeys.Decrypt(await second.OpenKeyAsync(), await SecretsAsync(group, bob)));

        // Eve's device goes, and the others get a new key in the same step.
        var secondKey = RandomNumberGenerator.GetBytes(32);
        using (var revoked = await ada.PostAsync($"{group.Admin}/devices/{third.Id}/revoke", new
        {
            deviceKeys = new[] { first.KeyEntry(secondKey, first), second.KeyEntry(secondKey, first) },
            newEncryptedSecrets = DeviceKeys.Encrypt(secondKey, secretText),
        }))
        {
            var rotation = await revoked.AssertJsonAsync(HttpStatusCode.OK);
            Assert.Equal((2, 2, 0), (rotation.GetProperty("keyVersion").GetInt64(), rotation.GetProperty("devicesUpdated").GetInt32(), rotation.GetProperty("devicesPendingKeyRequest").GetInt32()));
        }

        Assert.Equal(secondKey, await first.OpenKeyAsync());
        Assert.Equal(secondKey, await second.OpenKeyAsync());
        Assert.Equal(secretText, DeviceKeys.Decrypt(secondKey, await SecretsAsync(group, bob)));

        // Nothing that Eve can fetch opens, and what she kept opens nothing new.
        using (var key = await eve.GetAsync($"{third.Path}/key"))
        {
            await key.AssertProblemAsync(403, "DEVICE_REVOKED");
        }

        using (var secrets = await eve.GetAsync($"{group.Realm}/secrets"))
        {
            await secrets.AssertProblemAsync(403, "NO_ACTIVE_DEVICE");
        }

        var ciphertext = await SecretsAsync(group, ada);
        Assert.ThrowsAny<CryptographicException>(() => DeviceKeys.Decrypt(firstKey, ciphertext));
        using var wrapped = await ada.GetAsync($"{first.Path}/key");
        var body = await wrapped.AssertJsonAsync(HttpStatusCode.OK);
        Assert.ThrowsAny<CryptographicException>(() => third.Keys.Unwrap(body.Text("encryptedGroupKey"), body.Text("senderPublicKey")));
    }

    private static async Task<string> SecretsAsync(TestGroup group, TestUser user)
    {
        using var response = await user.GetAsync($"{group.Realm}/secrets");
        return (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("encryptedPayload");
    }
}
