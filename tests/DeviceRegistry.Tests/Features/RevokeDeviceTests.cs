using System.Net;
using System.Security.Cryptography;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.20.</summary>
public sealed class RevokeDeviceTests(RegistryApp app)
{
    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"deviceKeys":[]}""")]
    [InlineData("""{"deviceKeys":null,"newEncryptedSecrets":null,"reason":"lost"}""")]
    public async Task RevokeDevice_Plain_WipesAndTells(string? body)
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        using var set = await scene.Member.PutAsync($"{device.Path}/push-token", new { pushToken = Guid.NewGuid().ToString(), platform = "ios" });
        var request = await device.RequestKeyAsync();

        using var response = await scene.Administrator.PostAsync($"{scene.Group.Admin}/devices/{device.Id}/revoke", body);

        await response.AssertNoContentAsync();
        Assert.Equal("revoked", (await device.GetAsync()).Text("status"));
        Assert.Equal(1, await app.CountAsync(
            """
            SELECT count(*) FROM devices WHERE device_id = @Id AND wrapped_key IS NULL AND sender_public_key IS NULL AND wrapped_key_version = 0
            AND acked_key_version = 0 AND push_token IS NULL AND push_token_mac IS NULL AND push_platform IS NULL
            """,
            new { device.Id }));
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM key_requests WHERE device_id = @Id AND wrapped_key IS NOT NULL", new { device.Id }));
        using var rejected = await scene.Member.GetAsync($"{scene.Group.Realm}/devices/key-requests/{request}");
        Assert.Equal("rejected", (await rejected.AssertJsonAsync(HttpStatusCode.OK)).Text("status"));
        Assert.Equal(["KeyRequestRejected", "DeviceRevoked"], (await app.EventsOfAsync(scene.Group.Id)).TakeLast(2));
        var revoked = Assert.Single(await app.EventBodiesAsync("DeviceRevoked", scene.Group.Id));
        Assert.Equal((scene.Group.Name, scene.Administrator.Identity, scene.Member.Identity), (revoked.Text("groupName"), revoked.Text("actor"), revoked.Text("userId")));
        Assert.Equal(1, await scene.Group.ColumnAsync<long>("key_version"));
    }

    [Fact]
    public async Task RevokeDevice_SessionOfTheDevice_IsInTheEvent()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync(scene.Member with { SessionId = "the-session" });
        await scene.RevokeAsync(device);
        var revoked = Assert.Single(await app.EventBodiesAsync("DeviceRevoked", scene.Group.Id));
        Assert.Equal("the-session", revoked.Text("sessionId"));
        Assert.Equal(
            System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Convert.FromBase64String(device.Keys.PublicKey))), revoked.Text("publicKeyThumbprint"));
    }

    [Fact]
    public async Task RevokeDevice_Again_NoContentAndNothingTold()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        await scene.RevokeAsync(device);
        var events = await scene.EventCountAsync();
        await scene.RevokeAsync(device);
        Assert.Equal(events, await scene.EventCountAsync());
    }

    [Fact]
    public async Task RevokeDevice_WithRotation_BothAtOnce()
    {
        using var scene = await Scene.CreateAsync(app);
        using var kept = await scene.JoinAsync();
        using var leftOut = await scene.JoinAsync();
        using var revoked = await scene.JoinAsync();
        var key = RandomNumberGenerator.GetBytes(32);

        using var response = await RevokeAsync(scene, revoked, new { deviceKeys = new[] { scene.First.KeyEntry(key, scene.First), kept.KeyEntry(key, scene.First) } });

        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal((2, 2, 1), (body.GetProperty("keyVersion").GetInt32(), body.GetProperty("devicesUpdated").GetInt32(), body.GetProperty("devicesPendingKeyRequest").GetInt32()));
        Assert.Equal("revoked", (await revoked.GetAsync()).Text("status"));
        Assert.Equal(key, await kept.OpenKeyAsync());
        Assert.Equal(["DeviceRevoked", "GroupKeyRotated"], (await app.EventsOfAsync(scene.Group.Id)).TakeLast(2));
        Assert.Equal(["device_revoked", "key_rotated", "key_update_available"], (await app.StreamEventsAsync(scene.Group.Id)).TakeLast(3).Select(one => one.Event));
    }

    public static TheoryData<string, string> RefusedRotations => new()
    {
        { """{"deviceKeys":[REVOKED]}""", "INVALID_DEVICE_KEYS" },
        { """{"deviceKeys":[FIRST,FIRST]}""", "INVALID_DEVICE_KEYS" },
        { """{"newEncryptedSecrets":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}""", "INVALID_DEVICE_KEYS" }, // others are active and would have no key
        { """{"deviceKeys":[FIRST]}""", "NEW_SECRETS_REQUIRED" },
        { """{"deviceKeys":[FIRST],"newEncryptedSecrets":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==","expectedKeyVersion":7}""", "KEY_VERSION_CONFLICT" },
        { """{"deviceKeys":[{"deviceId":"x","encryptedGroupKey":"AAAA"}]}""", "INVALID_ENCRYPTED_KEY" },
    };

    [Theory]
    [MemberData(nameof(RefusedRotations))]
    public async Task RevokeDevice_RotationRefused_DeviceIsNotRevoked(string body, string error)
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.JoinAsync();
        await scene.StoreSecretsAsync();
        var events = await scene.EventCountAsync();

        using var response = await RevokeAsync(scene, device, body
            .Replace("REVOKED", Entry(device), StringComparison.Ordinal).Replace("FIRST", Entry(scene.First), StringComparison.Ordinal));

        await response.AssertProblemAsync(error == "KEY_VERSION_CONFLICT" ? 409 : 400, error);
        Assert.Equal("active", (await device.GetAsync()).Text("status"));
        Assert.Equal(1, await scene.Group.ColumnAsync<long>("key_version"));
        Assert.Equal(events, await scene.EventCountAsync());
        Assert.Equal(scene.Key, await device.OpenKeyAsync());
    }

    [Fact]
    public async Task RevokeDevice_LastActiveOneWithNewSecretsOnly_RotatesForNobody()
    {
        using var scene = await Scene.CreateAsync(app);
        await scene.StoreSecretsAsync();
        using var response = await RevokeAsync(scene, scene.First, new { newEncryptedSecrets = Scene.Blob() });
        Assert.Equal((2, 0, 0), Numbers(await response.AssertJsonAsync(HttpStatusCode.OK)));
    }

    [Fact]
    public async Task RevokeDevice_RevokedAlready_RotationStillRuns()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        await scene.RevokeAsync(device);
        using var response = await RevokeAsync(scene, device, new { deviceKeys = new[] { scene.First.KeyEntry(scene.Key, scene.First) } });
        Assert.Equal((2, 1, 0), Numbers(await response.AssertJsonAsync(HttpStatusCode.OK)));
        Assert.Single(await app.EventsOfAsync(scene.Group.Id), "DeviceRevoked");
    }

    [Fact]
    public async Task RevokeDevice_NotAnAdministrator_Forbidden()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.Member.PostAsync($"{scene.Group.Admin}/devices/{scene.First.Id}/revoke");
        await response.AssertProblemAsync(403, "FORBIDDEN");
        using var unknown = await scene.Administrator.PostAsync($"{scene.Group.Admin}/devices/{Guid.NewGuid()}/revoke");
        await unknown.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
    }

    [Fact]
    public async Task RevokeDevice_ManyWithRotationInParallel_EachRevokedOneStaysWithoutKey()
    {
        using var scene = await Scene.CreateAsync(app);
        var devices = new List<TestDevice>();
        for (var i = 0; i < 10; i++)
        {
            devices.Add(await scene.JoinAsync());
        }

        // Everybody is revoked ten times over with a rotation that hands the key to all others: one wins, and no loser is revoked.
        var answers = await Task.WhenAll(devices.SelectMany(device => Enumerable.Repeat(device, 10)).Select(device => RevokeAsync(scene, device, new
        {
            deviceKeys = devices.Where(other => other != device).Append(scene.First).Select(other => other.KeyEntry(scene.Key, scene.First)),
            expectedKeyVersion = 1,
        })));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(99, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(2, await scene.Group.ColumnAsync<long>("key_version"));
        Assert.Single(await app.EventsOfAsync(scene.Group.Id), "DeviceRevoked");
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id AND status = 'revoked'", new { scene.Group.Id }));
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id AND status = 'revoked' AND wrapped_key IS NOT NULL", new { scene.Group.Id }));
        devices.ForEach(device => device.Dispose());
        Array.ForEach(answers, answer => answer.Dispose());
    }

    /// <summary>Without an expected version each attempt sees its own: some succeed, one after the other, each with the revocation and the rotation or with neither.</summary>
    [Fact]
    public async Task RevokeDevice_HundredWithRotationInParallel_BothOrNeither()
    {
        using var scene = await Scene.CreateAsync(app);
        var devices = new List<TestDevice>();
        for (var i = 0; i < 10; i++)
        {
            devices.Add(await scene.JoinAsync());
        }

        var answers = await Task.WhenAll(devices.SelectMany(device => Enumerable.Repeat(device, 10)).Select(async device =>
        {
            using var response = await RevokeAsync(scene, device, new { deviceKeys = new[] { scene.First.KeyEntry(scene.Key, scene.First) } });
            return (device.Id, Version: response.StatusCode == HttpStatusCode.OK
                ? Numbers(await response.AssertJsonAsync(HttpStatusCode.OK)).Item1
                : (await response.AssertProblemAsync(409, "KEY_VERSION_CONFLICT")).GetProperty("keyVersion").GetInt32() * 0);
        }));

        var won = answers.Where(answer => answer.Version > 0).ToList();
        Assert.NotEmpty(won);
        Assert.Equal(Enumerable.Range(2, won.Count), won.Select(answer => answer.Version).Order());
        Assert.Equal(won.Count + 1, await scene.Group.ColumnAsync<long>("key_version"));
        var revoked = await app.ScalarAsync<Guid[]>("SELECT array_agg(device_id) FROM devices WHERE group_id = @Id AND status = 'revoked'", new { scene.Group.Id });
        Assert.Equal(won.Select(answer => answer.Id).Distinct().Order(), revoked.Order());
        Assert.Equal(revoked.Length, (await app.EventsOfAsync(scene.Group.Id)).Count(one => one == "DeviceRevoked"));
        devices.ForEach(device => device.Dispose());
    }

    [Fact]
    public async Task RevokeDevice_RacingWithRotationThatListsIt_NeverHasTheNewKey()
    {
        for (var round = 0; round < 20; round++)
        {
            using var scene = await Scene.CreateAsync(app);
            using var device = await scene.JoinAsync();
            var rotation = scene.PostRotationAsync(new { deviceKeys = new[] { scene.First.KeyEntry(scene.Key, scene.First), device.KeyEntry(scene.Key, scene.First) } });
            var revocation = scene.RevokeAsync(device);
            using var rotated = await rotation;
            await revocation;

            if (rotated.StatusCode != HttpStatusCode.OK)
            {
                var body = await rotated.AssertProblemAsync(400, "INVALID_DEVICE_KEYS");
                Assert.Equal(device.Id.ToString(), body.GetProperty("deviceIds")[0].GetString());
            }

            Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM devices WHERE device_id = @Id AND status = 'revoked' AND wrapped_key IS NULL AND wrapped_key_version = 0", new { device.Id }));
        }
    }

    private static (int, int, int) Numbers(System.Text.Json.JsonElement body)
        => (body.GetProperty("keyVersion").GetInt32(), body.GetProperty("devicesUpdated").GetInt32(), body.GetProperty("devicesPendingKeyRequest").GetInt32());

    private static string Entry(TestDevice device) => $$"""{"deviceId":"{{device.Id}}","encryptedGroupKey":"{{Scene.Blob()}}"}""";

    private static Task<HttpResponseMessage> RevokeAsync(Scene scene, TestDevice device, object body)
        => scene.Administrator.PostAsync($"{scene.Group.Admin}/devices/{device.Id}/revoke", body);
}
