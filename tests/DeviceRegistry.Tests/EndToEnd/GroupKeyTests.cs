using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
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

    /// <summary>
    /// Somebody who was in the group has kept everything: his private keys, each key of the group that he had, every ciphertext that he could ever
    /// fetch. He reads all that is open to him after his device is gone, and tries each of his keys at each text: nothing new opens.
    /// </summary>
    [Theory]
    [InlineData("revoked with rotation")]
    [InlineData("deleted, then rotated")]
    [InlineData("removed from the group, then rotated")]
    [InlineData("left out of a rotation")]
    public async Task GroupKey_FormerDeviceWithAllItHasKept_OpensNothingNew(string how)
    {
        var group = await app.CreateGroupAsync(maxDevices: 10);
        var (ada, eve) = (await group.AddAdministratorAsync(), await group.AddMemberAsync());
        var firstKey = RandomNumberGenerator.GetBytes(32);
        using var first = await TestDevice.BootstrapAsync(group, ada, firstKey);
        using var former = await TestDevice.JoinAsync(group, eve, first, firstKey);
        using (var stored = await ada.PostAsync($"{group.Realm}/secrets", new { encryptedPayload = DeviceKeys.Encrypt(firstKey, "old"u8.ToArray()) }))
        {
            await stored.AssertJsonAsync(HttpStatusCode.Created);
        }

        var loot = new List<string>();
        await CollectAsync(loot, group, eve, former);
        Assert.Contains(loot, text => Opens(text, [firstKey], []) is { } plain && plain.SequenceEqual("old"u8.ToArray())); // what he could open then
        Assert.Contains(loot, text => Opens(text, [], [former.Keys.Agree(first.Keys.PublicKey)]) is { } plain && plain.SequenceEqual(firstKey));
        await using var stream = how == "left out of a rotation" ? await StreamClient.OpenAsync(eve, group, former.Id) : null;

        var secondKey = RandomNumberGenerator.GetBytes(32);
        await ShutOutAsync(how, group, ada, first, former, secondKey, DeviceKeys.Encrypt(secondKey, "new"u8.ToArray()));

        // Another device joins afterwards: its wrapped key is not his either.
        using var newcomer = await TestDevice.JoinAsync(group, ada, first, secondKey);
        Assert.Equal(secondKey, await newcomer.OpenKeyAsync());
        loot.Clear();
        await CollectAsync(loot, group, eve, former);
        if (stream is not null)
        {
            loot.Add((await stream.NextAsync("key_rotated")).Data.GetRawText());
            loot.Add((await stream.NextAsync("key_request_granted")).Data.GetRawText());
        }

        byte[][] groupKeys = [firstKey];
        byte[][] agreed = [former.Keys.Agree(first.Keys.PublicKey), former.Keys.Agree(newcomer.Keys.PublicKey), former.Keys.Agree(former.Keys.PublicKey)];
        foreach (var text in loot)
        {
            Assert.DoesNotContain(Convert.ToBase64String(secondKey), text, StringComparison.Ordinal);
            if (Opens(text, groupKeys, agreed) is { } plain)
            {
                Assert.True(plain.SequenceEqual(firstKey) || plain.SequenceEqual("old"u8.ToArray()), "Something new opened");
            }
        }

        // And he cannot hand himself the key either.
        using var activated = await former.ActivateAsync(former.Keys.Wrap(firstKey, former.Keys.PublicKey));
        Assert.True((int)activated.StatusCode is 403 or 404, $"{(int)activated.StatusCode}");
        using var fetched = await eve.GetAsync($"{former.Path}/key");
        Assert.True((int)fetched.StatusCode is 403 or 404, $"{(int)fetched.StatusCode}");
    }

    private static async Task ShutOutAsync(string how, TestGroup group, TestUser ada, TestDevice first, TestDevice former, byte[] key, string secrets)
    {
        var rotation = new { deviceKeys = new[] { first.KeyEntry(key, first) }, newEncryptedSecrets = secrets };
        switch (how)
        {
            case "revoked with rotation":
                using (var revoked = await ada.PostAsync($"{group.Admin}/devices/{former.Id}/revoke", rotation))
                {
                    await revoked.AssertJsonAsync(HttpStatusCode.OK);
                }

                return;
            case "deleted, then rotated":
                using (var deleted = await ada.DeleteAsync($"{group.Admin}/devices/{former.Id}"))
                {
                    await deleted.AssertNoContentAsync();
                }

                break;
            case "removed from the group, then rotated":
                using (var removed = await ada.DeleteAsync($"{RegistryApp.Api}/realm/admin/group/{group.Name}/members", new { identity = former.Owner.Identity }))
                {
                    await removed.AssertJsonAsync(HttpStatusCode.OK);
                }

                break;
            default:
                break;
        }

        using var rotated = await ada.PostAsync($"{group.Admin}/keys/rotate", rotation);
        await rotated.AssertJsonAsync(HttpStatusCode.OK);
    }

    /// <summary>Every text in everything that somebody can read.</summary>
    private static async Task CollectAsync(List<string> loot, TestGroup group, TestUser user, TestDevice device)
    {
        var paths = new List<string>
        {
            $"{group.Realm}/devices", device.Path, $"{device.Path}/key", $"{group.Realm}/devices/presence", $"{group.Realm}/devices/key-requests",
            $"{group.Realm}/keys/version", $"{group.Realm}/secrets", $"{group.Realm}/secrets/key-status", $"{RegistryApp.Api}/realm/group/{group.Name}/members",
        };
        foreach (var request in await ReadRequestsAsync(group))
        {
            paths.Add($"{group.Realm}/devices/key-requests/{request}");
        }

        foreach (var path in paths)
        {
            using var response = await user.GetAsync(path);
            Collect(loot, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
        }
    }

    private static async Task<IEnumerable<Guid>> ReadRequestsAsync(TestGroup group)
        => await group.App.ScalarAsync<Guid[]>("SELECT array_agg(request_id) FROM key_requests WHERE group_id = @Id", new { group.Id }) ?? [];

    private static void Collect(List<string> loot, JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in json.EnumerateObject())
                {
                    Collect(loot, member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var element in json.EnumerateArray())
                {
                    Collect(loot, element);
                }

                break;
            case JsonValueKind.String:
                loot.Add(json.GetString()!);
                break;
            default:
                break;
        }
    }

    /// <summary>What a text opens to with one of these keys, if it is a ciphertext that does.</summary>
    private static byte[]? Opens(string text, byte[][] groupKeys, byte[][] agreed)
    {
        if (!Convert.TryFromBase64String(text, new byte[text.Length], out var length) || length < 28)
        {
            return null;
        }

        foreach (var key in groupKeys.Concat(agreed))
        {
            try
            {
                return DeviceKeys.Decrypt(key, text);
            }
            catch (CryptographicException)
            {
                // Not this one.
            }
        }

        return null;
    }

    private static async Task<string> SecretsAsync(TestGroup group, TestUser user)
    {
        using var response = await user.GetAsync($"{group.Realm}/secrets");
        return (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("encryptedPayload");
    }
}
