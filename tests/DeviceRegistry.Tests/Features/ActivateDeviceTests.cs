using System.Net;
using System.Security.Cryptography;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.7.</summary>
public sealed class ActivateDeviceTests(RegistryApp app)
{
    [Fact]
    public async Task ActivateDevice_FirstOfTheGroup_BootstrapsTheKey()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, member);
        var key = RandomNumberGenerator.GetBytes(32);
        var wrapped = device.Keys.Wrap(key, device.Keys.PublicKey);

        using var response = await device.ActivateAsync(wrapped);

        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(("active", 1, wrapped), (body.Text("status"), body.GetProperty("keyVersion").GetInt32(), body.Text("encryptedGroupKey")));
        Assert.Equal(1, await group.ColumnAsync<long>("key_version"));
        Assert.True(await group.ColumnAsync<bool>("key_ready"));
        Assert.Equal(["DeviceRegistered", "GroupKeyInitialized", "DeviceActivated"], await app.EventsOfAsync(group.Id));
        Assert.Equal(["device_registered", "device_activated"], (await app.StreamEventsAsync(group.Id)).Select(one => one.Event));
        Assert.Equal(key, await device.OpenKeyAsync());
    }

    [Fact]
    public async Task ActivateDevice_SameAgain_SameAnswerAndNothingTold()
    {
        using var scene = await Scene.CreateAsync(app);
        var before = await scene.First.GetAsync();
        var events = await scene.EventCountAsync();

        using var again = await scene.First.ActivateAsync(before.Text("encryptedGroupKey"));

        Assert.Equal(before.ToString(), (await again.AssertJsonAsync(HttpStatusCode.OK)).ToString());
        Assert.Equal(events, await scene.EventCountAsync());
    }

    [Fact]
    public async Task ActivateDevice_OwnerRewrapsPresentKey_StoresItWithoutActivatedEvent()
    {
        using var scene = await Scene.CreateAsync(app);
        var other = scene.First.Keys.Wrap(scene.Key, scene.First.Keys.PublicKey);
        using var response = await scene.First.ActivateAsync(other);
        Assert.Equal(other, (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("encryptedGroupKey"));
        Assert.Single(await app.EventsOfAsync(scene.Group.Id), "DeviceActivated");
    }

    [Fact]
    public async Task ActivateDevice_SecondDeviceWithoutGrant_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var events = await scene.EventCountAsync();

        using var response = await device.ActivateAsync(Scene.Blob());

        await response.AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
        Assert.Equal("pending", (await device.GetAsync()).Text("status"));
        Assert.Equal(events, await scene.EventCountAsync());
    }

    [Fact]
    public async Task ActivateDevice_OwnOtherActiveDevice_HandsItOver()
    {
        using var scene = await Scene.CreateAsync(app);
        using var second = await scene.RegisterAsync(scene.Administrator);

        using var response = await second.ActivateAsync(scene.First.Keys.Wrap(scene.Key, second.Keys.PublicKey));

        await response.AssertJsonAsync(HttpStatusCode.OK);
        // The sender is the device that gave the right, so the new one can open it.
        Assert.Equal(scene.Key, await second.OpenKeyAsync());
    }

    [Fact]
    public async Task ActivateDevice_OtherMembersDeviceFromAnActiveOne_HandsItOver()
    {
        using var scene = await Scene.CreateAsync(app);
        using var pending = await scene.RegisterAsync();

        using var response = await scene.Administrator.PostAsync($"{pending.Path}/activate", new { encryptedGroupKey = scene.First.Keys.Wrap(scene.Key, pending.Keys.PublicKey) });

        Assert.False((await response.AssertJsonAsync(HttpStatusCode.OK)).TryGetProperty("encryptedGroupKey", out _));
        Assert.Equal(scene.Key, await pending.OpenKeyAsync());
        Assert.Contains(await app.StreamEventsAsync(scene.Group.Id), one => one.Event == "key_update_available");
    }

    [Fact]
    public async Task ActivateDevice_AdministratorWithoutActiveDevice_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var pending = await scene.RegisterAsync();
        using var response = await (await scene.Group.AddAdministratorAsync()).PostAsync($"{pending.Path}/activate", new { encryptedGroupKey = Scene.Blob() });
        await response.AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
    }

    [Fact]
    public async Task ActivateDevice_FromADeviceThatIsBehind_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var behind = await scene.JoinAsync();
        await scene.RotateAsync(scene.First);
        using var second = await scene.RegisterAsync();
        using var response = await second.ActivateAsync(Scene.Blob());
        await response.AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
        using var itself = await behind.ActivateAsync(Scene.Blob());
        await itself.AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
    }

    [Fact]
    public async Task ActivateDevice_OnlyOneThatWasActive_RecoversAfterNewKeyPair()
    {
        using var scene = await Scene.CreateAsync(app);
        using var other = await scene.RegisterAsync();
        using var keys = new DeviceKeys();
        using (var changed = await scene.Administrator.PutAsync($"{scene.First.Path}/public-key", new { publicKey = keys.PublicKey }))
        {
            await changed.AssertNoContentAsync();
        }

        using var refused = await other.ActivateAsync(Scene.Blob());
        await refused.AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
        using var recovered = await scene.First.ActivateAsync(keys.Wrap(scene.Key, keys.PublicKey));
        await recovered.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(1, await scene.Group.ColumnAsync<long>("key_version"));
    }

    [Fact]
    public async Task ActivateDevice_KeyMadeByOthersSecrets_Refused()
    {
        var group = await app.CreateGroupAsync();
        using var one = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        using var other = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        using (var secrets = await one.Owner.PostAsync($"{group.Realm}/secrets", new { encryptedPayload = Scene.Blob() }))
        {
            await secrets.AssertJsonAsync(HttpStatusCode.Created);
        }

        using var refused = await other.ActivateAsync(Scene.Blob());
        await refused.AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
        using var good = await one.ActivateAsync(Scene.Blob());
        Assert.Equal(1, (await good.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("keyVersion").GetInt32());
    }

    [Theory]
    [InlineData("""{}""", "VALIDATION_FAILED")]
    [InlineData("""{"encryptedGroupKey":1}""", "VALIDATION_FAILED")]
    [InlineData("""{"encryptedGroupKey":""}""", "INVALID_ENCRYPTED_KEY")]
    [InlineData("""{"encryptedGroupKey":"no base64!"}""", "INVALID_ENCRYPTED_KEY")]
    [InlineData("""{"encryptedGroupKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""", "INVALID_ENCRYPTED_KEY")] // 27 bytes
    [InlineData("""{"encryptedGroupKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}""", null)] // 28
    [InlineData("""{"encryptedGroupKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""", "INVALID_ENCRYPTED_KEY")] // no padding
    [InlineData("""{"encryptedGroupKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==","senderPublicKey":"AAAA"}""", "INVALID_PUBLIC_KEY")]
    public async Task ActivateDevice_Body_IsChecked(string json, string? error)
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, member);
        using var response = await member.PostAsync($"{device.Path}/activate", json);
        if (error is null)
        {
            await response.AssertJsonAsync(HttpStatusCode.OK);
        }
        else
        {
            await response.AssertProblemAsync(400, error);
            Assert.Equal(0, await group.ColumnAsync<long>("key_version"));
        }
    }

    [Theory]
    [InlineData(4096, true)]
    [InlineData(4097, false)]
    public async Task ActivateDevice_LargestWrappedKey_IsTaken(int size, bool isTaken)
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        using var response = await device.ActivateAsync(Convert.ToBase64String(new byte[size]));
        Assert.Equal(isTaken ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task ActivateDevice_Revoked_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        await scene.RevokeAsync(device);
        using var response = await device.ActivateAsync("not even looked at");
        await response.AssertProblemAsync(403, "DEVICE_REVOKED");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    public async Task ActivateDevice_BootstrapsInParallel_OneWins(int devices)
    {
        var group = await app.CreateGroupAsync(devices);
        var member = await group.AddMemberAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, devices).Select(_ => TestDevice.RegisterAsync(group, member)));

        // Each of somebody else: one who owns the winner could hand the key on from it.
        await app.ExecuteAsync("UPDATE devices SET user_id = device_id::text WHERE group_id = @Id", new { group.Id });
        var answers = await Task.WhenAll(all.Select(device => (app.User(device.Id.ToString()) with { Groups = [group.Name] })
            .PostAsync($"{device.Path}/activate", new { encryptedGroupKey = device.Keys.Wrap(new byte[32], device.Keys.PublicKey) })));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
        {
            await answer.AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
        }

        Assert.Equal(1, await group.ColumnAsync<long>("key_version"));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id AND status = 'active'", new { group.Id }));
        Array.ForEach(all, device => device.Dispose());
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task ActivateDevice_RacingWithRevoke_RevokedIsFinal()
    {
        for (var round = 0; round < 20; round++)
        {
            using var scene = await Scene.CreateAsync(app);
            using var device = await scene.RegisterAsync(scene.Administrator);
            var activation = device.ActivateAsync(scene.First.Keys.Wrap(scene.Key, device.Keys.PublicKey));
            var revocation = scene.RevokeAsync(device);
            using var answer = await activation;
            await revocation;

            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Forbidden);
            Assert.Equal("revoked", (await device.GetAsync()).Text("status"));
            Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM devices WHERE device_id = @Id AND (wrapped_key IS NOT NULL OR wrapped_key_version > 0)", new { device.Id }));
        }
    }

    [Fact]
    public async Task ActivateDevice_DeviceHeader_NamesTheSender()
    {
        using var scene = await Scene.CreateAsync(app);
        using var second = await scene.JoinAsync(scene.Administrator);
        using var third = await scene.RegisterAsync();
        var caller = scene.Administrator with { DeviceHeader = second.Id.ToString() };

        using var response = await caller.PostAsync($"{third.Path}/activate", new { encryptedGroupKey = second.Keys.Wrap(scene.Key, third.Keys.PublicKey) });

        await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(scene.Key, await third.OpenKeyAsync());
        using var foreign = await (scene.Administrator with { DeviceHeader = third.Id.ToString() }).PostAsync($"{third.Path}/activate", new { encryptedGroupKey = Scene.Blob() });
        await foreign.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
    }

    /// <summary>Two devices of one user make a key each: only one can be the group's, also when the other could hand that one on.</summary>
    [Theory]
    [InlineData(0)] // never had a key
    [InlineData(4)] // was reset
    public async Task ActivateDevice_BootstrapsOfOneUserInParallel_OneWinsAndTheOthersNeedAGrant(int version)
    {
        var group = await app.CreateGroupAsync();
        var ada = await group.AddMemberAsync();
        await app.ExecuteAsync("UPDATE groups SET key_version = @version WHERE id = @Id", new { version, group.Id });
        using var one = await TestDevice.RegisterAsync(group, ada);
        using var other = await TestDevice.RegisterAsync(group, ada);

        var answers = await TogetherAsync(group, () => one.ActivateAsync(Scene.Blob()), () => other.ActivateAsync(Scene.Blob()));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        await answers.Single(answer => answer.StatusCode != HttpStatusCode.OK).AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
        Assert.Equal(Math.Max(version, 1), await group.ColumnAsync<long>("key_version"));
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task ActivateDevice_SameBootstrapTwiceInParallel_SameAnswer()
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        var blob = Scene.Blob();

        var answers = await TogetherAsync(group, () => device.ActivateAsync(blob), () => device.ActivateAsync(blob));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Single(await app.EventsOfAsync(group.Id), "DeviceActivated");
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task ActivateDevice_WithoutSender_TheCallersCurrentDeviceOrTheTargetItself()
    {
        using var scene = await Scene.CreateAsync(app);
        using var second = await scene.JoinAsync(scene.Administrator);
        await second.OpenKeyAsync(); // acknowledged
        using (var beat = await scene.Administrator.PostAsync($"{scene.First.Path}/heartbeat"))
        {
            await beat.AssertNoContentAsync();
        }

        // The first is the one that was heard of last: he calls from it.
        using var rewrapped = await second.ActivateAsync(scene.First.Keys.Wrap(scene.Key, second.Keys.PublicKey));
        await rewrapped.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(scene.Key, await second.OpenKeyAsync());

        // The same bytes were wrapped with the same pair, whatever he calls from by now.
        var stored = (await second.GetAsync()).Text("encryptedGroupKey");
        await app.ExecuteAsync("UPDATE devices SET last_seen_at = now() + interval '1 hour' WHERE device_id = @Id", new { second.Id });
        using var again = await second.ActivateAsync(stored);
        await again.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(scene.Key, await second.OpenKeyAsync());
        using var byItself = await second.ActivateAsync(second.Keys.Wrap(scene.Key, second.Keys.PublicKey));
        await byItself.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(scene.Key, await second.OpenKeyAsync());
    }

    /// <summary>Contract §1.4: whose device it is goes before the body and before what the group is.</summary>
    [Fact]
    public async Task ActivateDevice_ForeignDeviceHeader_RefusedBeforeAnythingElse()
    {
        using var scene = await Scene.CreateAsync(app);
        using var pending = await scene.RegisterAsync();
        var caller = scene.Member with { DeviceHeader = scene.First.Id.ToString() };

        foreach (var body in new object[] { new { encryptedGroupKey = Scene.Blob() }, new { encryptedGroupKey = Scene.Blob(), senderPublicKey = scene.First.Keys.PublicKey }, "{" })
        {
            using var response = await caller.PostAsync($"{pending.Path}/activate", body);
            await response.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        }

        using var allowed = await (scene.Administrator with { DeviceHeader = pending.Id.ToString() })
            .PostAsync($"{pending.Path}/activate", new { encryptedGroupKey = Scene.Blob(), senderPublicKey = scene.First.Keys.PublicKey });
        await allowed.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
    }

    /// <summary>All of them have looked at the group before the first one changes it.</summary>
    private static async Task<HttpResponseMessage[]> TogetherAsync(TestGroup group, params Func<Task<HttpResponseMessage>>[] send)
    {
        await using var held = await HeldGroup.HoldAsync(group);
        var waiting = send.Select(one => one()).ToArray();
        await held.SomebodyWaitsAsync(send.Length);
        await held.LetGoAsync();
        return await Task.WhenAll(waiting);
    }
}
