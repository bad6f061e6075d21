using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.16.</summary>
public sealed class GrantKeyRequestTests(RegistryApp app)
{
    [Fact]
    public async Task GrantKeyRequest_ByAnActiveDevice_DeviceIsActiveAndOpensTheKey()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();

        using var response = await scene.First.GrantAsync(request, scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey));

        await response.AssertNoContentAsync();
        Assert.Equal("active", (await device.GetAsync()).Text("status"));
        Assert.Equal(["KeyRequestGranted", "DeviceActivated"], (await app.EventsOfAsync(scene.Group.Id)).TakeLast(2));
        Assert.Equal(["key_request_granted", "device_activated", "key_update_available"], (await app.StreamEventsAsync(scene.Group.Id)).TakeLast(3).Select(one => one.Event));
        Assert.Equal(scene.Key, await device.OpenKeyAsync());
        Assert.DoesNotContain("wrapped", string.Join(' ', await app.EventBodiesAsync("KeyRequestGranted", scene.Group.Id)), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task GrantKeyRequest_WithoutGrantingDevice_TheNewestSeenOfTheCaller()
    {
        using var scene = await Scene.CreateAsync(app);
        using var second = await scene.JoinAsync(scene.Administrator);
        using (var beat = await scene.Administrator.PostAsync($"{second.Path}/heartbeat"))
        {
            await beat.AssertNoContentAsync();
        }

        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        using var response = await scene.Administrator.PostAsync($"{scene.Group.Realm}/devices/key-requests/{request}/grant", new { encryptedGroupKey = second.Keys.Wrap(scene.Key, device.Keys.PublicKey) });

        await response.AssertNoContentAsync();
        Assert.Equal(scene.Key, await device.OpenKeyAsync());
    }

    [Fact]
    public async Task GrantKeyRequest_ByHeader_ThatDevice()
    {
        using var scene = await Scene.CreateAsync(app);
        using var second = await scene.JoinAsync(scene.Administrator);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        var path = $"{scene.Group.Realm}/devices/key-requests/{request}/grant";
        var blob = new { encryptedGroupKey = scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey) };
        using var foreign = await (scene.Administrator with { DeviceHeader = device.Id.ToString() }).PostAsync(path, blob);
        await foreign.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        using var response = await (scene.Administrator with { DeviceHeader = scene.First.Id.ToString() }).PostAsync(path, blob);
        await response.AssertNoContentAsync();
        Assert.Equal(scene.Key, await device.OpenKeyAsync());
    }

    [Fact]
    public async Task GrantKeyRequest_NoUsableDevice_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        using var pending = await scene.RegisterAsync(scene.Administrator);
        using var asking = await scene.JoinAsync(scene.Administrator);
        var request = await device.RequestKeyAsync();
        var own = await asking.RequestKeyAsync();
        var events = await scene.EventCountAsync();

        await RefusedAsync(scene.Member, scene, request, null, 403, "NO_ACTIVE_DEVICE"); // his only one is the one that asks
        await RefusedAsync(scene.Administrator, scene, request, pending.Id.ToString(), 403, "NO_ACTIVE_DEVICE");
        await RefusedAsync(scene.Administrator, scene, request, device.Id.ToString(), 403, "NO_ACTIVE_DEVICE");
        await RefusedAsync(scene.Administrator, scene, request, Guid.NewGuid().ToString(), 403, "NO_ACTIVE_DEVICE");
        await RefusedAsync(scene.Administrator, scene, request, "x", 403, "NO_ACTIVE_DEVICE");
        await RefusedAsync(scene.Administrator, scene, own, asking.Id.ToString(), 403, "NO_ACTIVE_DEVICE");
        Assert.Equal(events, await scene.EventCountAsync());
    }

    [Fact]
    public async Task GrantKeyRequest_ByADeviceThatIsBehind_Conflict()
    {
        using var scene = await Scene.CreateAsync(app);
        using var behind = await scene.JoinAsync();
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        await scene.RotateAsync(scene.First);

        using var response = await behind.GrantAsync(request, Scene.Blob());

        var body = await response.AssertProblemAsync(409, "KEY_VERSION_CONFLICT");
        Assert.Equal(2, body.GetProperty("keyVersion").GetInt32());
        Assert.Equal("pending", (await device.GetAsync()).Text("status"));
    }

    [Fact]
    public async Task GrantKeyRequest_NotPending_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var one = await scene.RegisterAsync();
        using var two = await scene.RegisterAsync();
        var (rejected, expired) = (await one.RequestKeyAsync(), await two.RequestKeyAsync());
        using var reject = await scene.Administrator.PostAsync($"{scene.Group.Realm}/devices/key-requests/{rejected}/reject");
        await app.ExecuteAsync("UPDATE key_requests SET expires_at = now() WHERE request_id = @expired", new { expired });
        await RefusedAsync(scene.Administrator, scene, rejected, null, 400, "KEY_REQUEST_NOT_PENDING");
        await RefusedAsync(scene.Administrator, scene, expired, null, 400, "KEY_REQUEST_NOT_PENDING");
        await RefusedAsync(scene.Administrator, scene, Guid.NewGuid(), null, 404, "KEY_REQUEST_NOT_FOUND");
    }

    [Theory]
    [InlineData("{}", "VALIDATION_FAILED")]
    [InlineData("""{"encryptedGroupKey":"AAAA"}""", "INVALID_ENCRYPTED_KEY")]
    [InlineData("[]", "INVALID_JSON")]
    public async Task GrantKeyRequest_Body_IsChecked(string json, string error)
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        using var response = await scene.Administrator.PostAsync($"{scene.Group.Realm}/devices/key-requests/{await device.RequestKeyAsync()}/grant", json);
        await response.AssertProblemAsync(400, error);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    public async Task GrantKeyRequest_InParallel_OneAnswers(int callers)
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        var wrapped = scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey);

        var answers = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => scene.First.GrantAsync(request, wrapped)));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.NoContent))
        {
            await answer.AssertProblemAsync(400, "KEY_REQUEST_NOT_PENDING");
        }

        Assert.Single(await app.EventsOfAsync(scene.Group.Id), "KeyRequestGranted");
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task GrantKeyRequest_RacingWithReject_OneOfThem()
    {
        using var scene = await Scene.CreateAsync(app, maxDevices: 1000);
        for (var round = 0; round < 20; round++)
        {
            using var device = await scene.RegisterAsync();
            var request = await device.RequestKeyAsync();
            var grant = scene.First.GrantAsync(request, scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey));
            var reject = scene.Member.PostAsync($"{scene.Group.Realm}/devices/key-requests/{request}/reject");
            using var granted = await grant;
            using var rejected = await reject;

            Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.BadRequest], new[] { granted.StatusCode, rejected.StatusCode }.Order());
            Assert.Equal(granted.StatusCode == HttpStatusCode.NoContent ? "active" : "pending", (await device.GetAsync()).Text("status"));
        }
    }

    [Fact]
    public async Task GrantKeyRequest_HundredGrantsAndRejectsOfOneRequest_OneDecides()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        var wrapped = scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var response = await (i % 2 == 0
                ? scene.First.GrantAsync(request, wrapped)
                : scene.Member.PostAsync($"{scene.Group.Realm}/devices/key-requests/{request}/reject"));
            if (response.StatusCode != HttpStatusCode.NoContent)
            {
                await response.AssertProblemAsync(400, "KEY_REQUEST_NOT_PENDING");
                return "";
            }

            return i % 2 == 0 ? "granted" : "rejected";
        }));

        var decision = Assert.Single(answers, answer => answer.Length > 0);
        Assert.Equal(decision, await app.ScalarAsync<string>("SELECT status FROM key_requests WHERE request_id = @request", new { request }));
        Assert.Equal(decision == "granted" ? "active" : "pending", (await device.GetAsync()).Text("status"));
        Assert.Single(await app.EventsOfAsync(scene.Group.Id), name => name is "KeyRequestGranted" or "KeyRequestRejected");
    }

    /// <summary>A hundred devices are handed the key while it changes: each grant is before the rotation, and void; refused by it; or after it.</summary>
    [Fact]
    public async Task GrantKeyRequest_HundredWhileTheKeyRotates_EachIsBeforeOrRefusedOrAfter()
    {
        using var scene = await Scene.CreateAsync(app);
        var devices = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => scene.RegisterAsync()));
        var requests = await Task.WhenAll(devices.Select(device => device.RequestKeyAsync()));
        var key = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);

        var grants = devices.Zip(requests, (device, request) => scene.First.GrantAsync(request, scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey))).ToList();
        var rotation = scene.PostRotationAsync(new { deviceKeys = new[] { scene.First.KeyEntry(key, scene.First) }, expectedKeyVersion = 1 });
        var answers = await Task.WhenAll(grants);
        using var rotated = await rotation;

        var before = (await rotated.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("devicesPendingKeyRequest").GetInt32();
        var granted = answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent);
        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.NoContent))
        {
            await refused.AssertProblemAsync(409, "KEY_VERSION_CONFLICT");
        }

        Assert.Equal(
            (before, granted - before, 100 - granted),
            (await RequestsAsync("status = 'granted' AND key_version = 1"), await RequestsAsync("status = 'granted' AND key_version = 2"), await RequestsAsync("status = 'pending'")));
        Assert.Equal(
            (before, granted - before, 100 - granted, 1),
            (await DevicesAsync("status = 'active' AND wrapped_key IS NULL AND wrapped_key_version = 0"), await DevicesAsync("status = 'active' AND wrapped_key IS NOT NULL AND wrapped_key_version = 2 AND acked_key_version = 0"),
                await DevicesAsync("status = 'pending' AND wrapped_key IS NULL"), await DevicesAsync("wrapped_key_version = 2 AND acked_key_version = 1")));
        Assert.Equal(key, await scene.First.OpenKeyAsync());
        Array.ForEach(answers, answer => answer.Dispose());
        Array.ForEach(devices, device => device.Dispose());

        Task<long> RequestsAsync(string which) => app.CountAsync($"SELECT count(*) FROM key_requests WHERE group_id = @Id AND {which}", new { scene.Group.Id });
        Task<long> DevicesAsync(string which) => app.CountAsync($"SELECT count(*) FROM devices WHERE group_id = @Id AND {which}", new { scene.Group.Id });
    }

    [Fact]
    public async Task GrantKeyRequest_RacingWithRotation_NoDeviceHasAnOldKeyUnderANewVersion()
    {
        for (var round = 0; round < 20; round++)
        {
            using var scene = await Scene.CreateAsync(app);
            using var granter = await scene.JoinAsync();
            using var device = await scene.RegisterAsync();
            var request = await device.RequestKeyAsync();
            var newKey = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
            var grant = granter.GrantAsync(request, granter.Keys.Wrap(scene.Key, device.Keys.PublicKey));
            var rotation = scene.PostRotationAsync(new { deviceKeys = new[] { scene.First.KeyEntry(newKey, scene.First) } });
            using var granted = await grant;
            using var rotated = await rotation;

            await rotated.AssertJsonAsync(HttpStatusCode.OK);
            if (granted.StatusCode == HttpStatusCode.NoContent)
            {
                // Granted first: then the rotation left the device out, and it has to ask again.
                using var key = await device.Owner.GetAsync($"{device.Path}/key");
                await key.AssertProblemAsync(404, "KEY_NOT_AVAILABLE");
            }
            else
            {
                await granted.AssertProblemAsync(409, "KEY_VERSION_CONFLICT");
            }

            Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id AND wrapped_key_version = 2", new { scene.Group.Id }));
        }
    }

    private static async Task RefusedAsync(TestUser user, Scene scene, Guid request, string? grantingDeviceId, int status, string error)
    {
        using var response = await user.PostAsync($"{scene.Group.Realm}/devices/key-requests/{request}/grant", new { encryptedGroupKey = Scene.Blob(), grantingDeviceId });
        await response.AssertProblemAsync(status, error);
    }
}
