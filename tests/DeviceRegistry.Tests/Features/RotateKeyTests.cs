using System.Net;
using System.Security.Cryptography;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.19.</summary>
public sealed class RotateKeyTests(RegistryApp app)
{
    [Fact]
    public async Task RotateKey_SomeDevices_ListedOnesHaveTheNewKeyOthersNone()
    {
        using var scene = await Scene.CreateAsync(app);
        using var listed = await scene.JoinAsync();
        using var leftOut = await scene.JoinAsync();
        using var pending = await scene.RegisterAsync();
        var key = RandomNumberGenerator.GetBytes(32);

        using var response = await scene.PostRotationAsync(new { deviceKeys = new[] { scene.First.KeyEntry(key, scene.First), listed.KeyEntry(key, scene.First) }, reason = "somebody left" });

        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(["devicesPendingKeyRequest", "devicesUpdated", "keyVersion"], body.Names());
        Assert.Equal((2, 2, 1), (body.GetProperty("keyVersion").GetInt32(), body.GetProperty("devicesUpdated").GetInt32(), body.GetProperty("devicesPendingKeyRequest").GetInt32()));
        Assert.Equal(key, await listed.OpenKeyAsync());
        using var none = await scene.Member.GetAsync($"{leftOut.Path}/key");
        await none.AssertProblemAsync(404, "KEY_NOT_AVAILABLE");
        var without = await leftOut.GetAsync();
        Assert.Equal(("active", 0), (without.Text("status"), without.GetProperty("keyVersion").GetInt32()));
        Assert.False(without.TryGetProperty("encryptedGroupKey", out _));
        Assert.Equal(("somebody left", scene.Administrator.Identity), (
            await app.ScalarAsync<string>("SELECT reason FROM rotation_log WHERE group_id = @Id", new { scene.Group.Id }),
            await app.ScalarAsync<string>("SELECT actor FROM rotation_log WHERE group_id = @Id", new { scene.Group.Id })));
        Assert.Equal("GroupKeyRotated", (await app.EventsOfAsync(scene.Group.Id))[^1]);
        var told = await app.StreamEventsAsync(scene.Group.Id);
        Assert.Equal(["key_rotated", "key_update_available"], told.TakeLast(2).Select(one => one.Event));
    }

    [Fact]
    public async Task RotateKey_WithSecrets_ReplacedTogether()
    {
        using var scene = await Scene.CreateAsync(app);
        await scene.StoreSecretsAsync();
        var key = RandomNumberGenerator.GetBytes(32);
        var entries = new[] { scene.First.KeyEntry(key, scene.First) };
        using var without = await scene.PostRotationAsync(new { deviceKeys = entries });
        await without.AssertProblemAsync(400, "NEW_SECRETS_REQUIRED");

        var payload = DeviceKeys.Encrypt(key, "secrets"u8.ToArray());
        using var response = await scene.PostRotationAsync(new { deviceKeys = entries, newEncryptedSecrets = payload });

        await response.AssertJsonAsync(HttpStatusCode.OK);
        using var read = await scene.Administrator.GetAsync($"{scene.Group.Realm}/secrets");
        var secrets = await read.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal((payload, 2), (secrets.Text("encryptedPayload"), secrets.GetProperty("version").GetInt32()));
        Assert.Equal("secrets_updated", (await app.StreamEventsAsync(scene.Group.Id))[^1].Event);
    }

    [Fact]
    public async Task RotateKey_EntriesAtFault_RefusedAndNamed()
    {
        using var scene = await Scene.CreateAsync(app);
        using var pending = await scene.RegisterAsync();
        using var revoked = await scene.RegisterAsync();
        await scene.RevokeAsync(revoked);
        using var foreign = await Scene.CreateAsync(app);
        var unknown = Guid.NewGuid();
        var events = await scene.EventCountAsync();
        foreach (var id in new[] { pending.Id.ToString(), revoked.Id.ToString(), foreign.First.Id.ToString(), unknown.ToString(), "x" })
        {
            using var response = await scene.PostRotationAsync(new { deviceKeys = new[] { Entry(scene.First.Id.ToString()), Entry(id) } });
            var body = await response.AssertProblemAsync(400, "INVALID_DEVICE_KEYS");
            Assert.Equal([id], body.GetProperty("deviceIds").EnumerateArray().Select(one => one.GetString()));
        }

        using var twice = await scene.PostRotationAsync(new { deviceKeys = new[] { Entry(scene.First.Id.ToString()), Entry(scene.First.Id.ToString()) } });
        await twice.AssertProblemAsync(400, "INVALID_DEVICE_KEYS");
        Assert.Equal(events, await scene.EventCountAsync());
        Assert.Equal(1, await scene.Group.ColumnAsync<long>("key_version"));
    }

    [Theory]
    [InlineData("{}", "VALIDATION_FAILED")]
    [InlineData("""{"deviceKeys":[]}""", "VALIDATION_FAILED")]
    [InlineData("""{"deviceKeys":{}}""", "VALIDATION_FAILED")]
    [InlineData("""{"deviceKeys":[1]}""", "VALIDATION_FAILED")]
    [InlineData("""{"deviceKeys":[{"encryptedGroupKey":"AAAA"}]}""", "VALIDATION_FAILED")]
    [InlineData("""{"deviceKeys":[{"deviceId":"x"}]}""", "VALIDATION_FAILED")]
    [InlineData("""{"deviceKeys":[{"deviceId":"x","encryptedGroupKey":"AAAA"}]}""", "INVALID_ENCRYPTED_KEY")]
    [InlineData("""{"deviceKeys":[{"deviceId":"x","encryptedGroupKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==","senderPublicKey":"AAAA"}]}""", "INVALID_PUBLIC_KEY")]
    [InlineData("""{"deviceKeys":[{"deviceId":"x","encryptedGroupKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}],"newEncryptedSecrets":"AAAA"}""", "VALIDATION_FAILED")]
    [InlineData("""{"deviceKeys":[{"deviceId":"x","encryptedGroupKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}],"expectedKeyVersion":"1"}""", "VALIDATION_FAILED")]
    [InlineData("""{"deviceKeys":[{"deviceId":"x","encryptedGroupKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}],"reason":"a\u0000b"}""", "VALIDATION_FAILED")]
    public async Task RotateKey_Body_IsChecked(string json, string error)
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.PostRotationAsync(json);
        await response.AssertProblemAsync(400, error);
        Assert.Equal(1, await scene.Group.ColumnAsync<long>("key_version"));
    }

    [Theory]
    [InlineData(256, HttpStatusCode.OK)]
    [InlineData(257, HttpStatusCode.BadRequest)]
    public async Task RotateKey_LongestReason_IsTaken(int length, HttpStatusCode status)
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.PostRotationAsync(new { deviceKeys = new[] { Entry(scene.First.Id.ToString()) }, reason = new string('r', length) });
        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData(1000, "INVALID_DEVICE_KEYS")]
    [InlineData(1001, "VALIDATION_FAILED")]
    public async Task RotateKey_MostEntries_AreLookedAt(int count, string error)
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.PostRotationAsync(new { deviceKeys = Enumerable.Range(0, count).Select(_ => Entry(Guid.NewGuid().ToString())) });
        await response.AssertProblemAsync(400, error);
    }

    [Fact]
    public async Task RotateKey_ReasonOfSeveralLines_IsTaken()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.PostRotationAsync(new { deviceKeys = new[] { Entry(scene.First.Id.ToString()) }, reason = "Bob left.\n\tHis laptop too." });
        await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal("Bob left.\n\tHis laptop too.", await app.ScalarAsync<string>("SELECT reason FROM rotation_log WHERE group_id = @Id", new { scene.Group.Id }));
    }

    /// <summary>What is repeated in the answer is cut, here in the middle of a character.</summary>
    [Fact]
    public async Task RotateKey_LongDeviceIdThatIsNone_NamedAsFarAsItGoes()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.PostRotationAsync(new { deviceKeys = new[] { Entry(new string('x', 63) + "🙂🙂") } });
        var body = await response.AssertProblemAsync(400, "INVALID_DEVICE_KEYS");
        Assert.StartsWith(new string('x', 63), body.GetProperty("deviceIds")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RotateKey_GroupWithoutKey_Refused()
    {
        var group = await app.CreateGroupAsync();
        using var response = await (await group.AddAdministratorAsync()).PostAsync($"{group.Admin}/keys/rotate", new { deviceKeys = new[] { Entry(Guid.NewGuid().ToString()) } });
        await response.AssertProblemAsync(400, "GROUP_KEY_NOT_INITIALIZED");
    }

    [Fact]
    public async Task RotateKey_ByAnAdministratorWithoutDevice_NeedsSenders()
    {
        using var scene = await Scene.CreateAsync(app);
        var administrator = app.GlobalAdministrator();
        using var without = await administrator.PostAsync($"{scene.Group.Admin}/keys/rotate", new { deviceKeys = new[] { Entry(scene.First.Id.ToString()) } });
        await without.AssertProblemAsync(400, "VALIDATION_FAILED");
        using var with = await administrator.PostAsync($"{scene.Group.Admin}/keys/rotate", new { deviceKeys = new[] { scene.First.KeyEntry(scene.Key, scene.First) } });
        await with.AssertJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task RotateKey_Member_Forbidden()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.Member.PostAsync($"{scene.Group.Admin}/keys/rotate", new { deviceKeys = new[] { Entry(scene.First.Id.ToString()) } });
        await response.AssertProblemAsync(403, "FORBIDDEN");
    }

    [Theory]
    [InlineData("\"kv-1\"", null, HttpStatusCode.OK)]
    [InlineData("\"kv-7\", \"kv-1\"", null, HttpStatusCode.OK)]
    [InlineData("*", null, HttpStatusCode.OK)]
    [InlineData("\"kv-1\"", 7, HttpStatusCode.OK)] // the header goes first
    [InlineData("\"kv-2\"", 1, HttpStatusCode.Conflict)]
    [InlineData("W/\"kv-1\"", null, HttpStatusCode.Conflict)] // If-Match compares strongly (RFC 9110 §13.1.1)
    [InlineData("kv-1", null, HttpStatusCode.BadRequest)]
    [InlineData(null, 1, HttpStatusCode.OK)]
    [InlineData(null, 0, HttpStatusCode.Conflict)]
    [InlineData(null, 2, HttpStatusCode.Conflict)]
    public async Task RotateKey_ExpectedVersion_IsCompared(string? ifMatch, int? expectedKeyVersion, HttpStatusCode status)
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.Administrator.SendAsync(
            HttpMethod.Post,
            $"{scene.Group.Admin}/keys/rotate",
            new { deviceKeys = new[] { Entry(scene.First.Id.ToString()) }, expectedKeyVersion },
            request =>
            {
                if (ifMatch is not null)
                {
                    request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
                }
            });

        Assert.Equal(status, response.StatusCode);
        if (status == HttpStatusCode.Conflict)
        {
            var body = await response.AssertProblemAsync(409, "KEY_VERSION_CONFLICT");
            Assert.Equal(1, body.GetProperty("keyVersion").GetInt32());
        }
    }

    [Fact]
    public async Task RotateKey_VersionAndEntriesWrong_VersionIsToldFirst()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await scene.PostRotationAsync(new { deviceKeys = new[] { Entry("x") }, expectedKeyVersion = 5 });
        await response.AssertProblemAsync(409, "KEY_VERSION_CONFLICT");
    }

    /// <summary>Contract §1.4: whose device it is goes before the body and before what the group is; with senders in every entry too.</summary>
    [Fact]
    public async Task RotateKey_ForeignDeviceHeader_RefusedBeforeAnythingElse()
    {
        using var scene = await Scene.CreateAsync(app);
        using var foreign = await scene.JoinAsync();
        var caller = scene.Administrator with { DeviceHeader = foreign.Id.ToString() };
        foreach (var body in new object[]
        {
            new { deviceKeys = new[] { scene.First.KeyEntry(scene.Key, scene.First) } }, new { deviceKeys = new[] { Entry("x") }, expectedKeyVersion = 5 }, "{",
        })
        {
            using var response = await caller.PostAsync($"{scene.Group.Admin}/keys/rotate", body);
            await response.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        }

        using var revoking = await caller.PostAsync($"{scene.Group.Admin}/devices/{foreign.Id}/revoke", new { deviceKeys = new[] { scene.First.KeyEntry(scene.Key, scene.First) }, expectedKeyVersion = 5 });
        await revoking.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
        Assert.Equal(1, await scene.Group.ColumnAsync<long>("key_version"));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    public async Task RotateKey_SameExpectedVersionInParallel_OneRotates(int callers)
    {
        using var scene = await Scene.CreateAsync(app);
        var answers = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => scene.PostRotationAsync(new { deviceKeys = new[] { Entry(scene.First.Id.ToString()) }, expectedKeyVersion = 1 })));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(callers - 1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(2, await scene.Group.ColumnAsync<long>("key_version"));
        Assert.Single(await app.EventsOfAsync(scene.Group.Id), "GroupKeyRotated");
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task RotateKey_WithoutExpectedVersionInParallel_NumbersAreConsecutive()
    {
        using var scene = await Scene.CreateAsync(app);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => scene.PostRotationAsync(new { deviceKeys = new[] { Entry(scene.First.Id.ToString()) } })));

        var versions = new List<int>();
        foreach (var answer in answers)
        {
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                versions.Add((await answer.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("keyVersion").GetInt32());
            }
            else
            {
                await answer.AssertProblemAsync(409, "KEY_VERSION_CONFLICT");
            }

            answer.Dispose();
        }

        Assert.NotEmpty(versions);
        Assert.Equal(Enumerable.Range(2, versions.Count), versions.Order());
        Assert.Equal(versions.Count + 1, await scene.Group.ColumnAsync<long>("key_version"));
        Assert.Equal(versions.Count, await app.CountAsync("SELECT count(*) FROM rotation_log WHERE group_id = @Id", new { scene.Group.Id }));
    }

    private static object Entry(string deviceId) => new { deviceId, encryptedGroupKey = Scene.Blob() };
}
