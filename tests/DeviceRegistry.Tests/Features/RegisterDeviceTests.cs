using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.1.</summary>
public sealed class RegisterDeviceTests(RegistryApp app)
{
    private const string X25519 = "MCowBQYDK2VuAyEAj0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bo3DZlAXyE=";

    [Fact]
    public async Task RegisterDevice_Member_CreatesPendingDevice()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync() with { SessionId = "session-of-the-token" };
        using var keys = new DeviceKeys();

        using var response = await member.PostAsync($"{group.Realm}/devices", new { deviceName = "  Firefox on Linux ", deviceType = "Web", publicKey = keys.PublicKey, groupId = group.Id, unknown = 1 });

        var body = await response.AssertJsonAsync(HttpStatusCode.Created);
        Assert.Equal(["createdAt", "deviceId", "deviceName", "deviceType", "groupId", "keyVersion", "publicKey", "status", "updatedAt", "userId"], body.Names());
        Assert.Equal("Firefox on Linux", body.Text("deviceName"));
        Assert.Equal("web", body.Text("deviceType"));
        Assert.Equal(keys.PublicKey, body.Text("publicKey"));
        Assert.Equal("pending", body.Text("status"));
        Assert.Equal(member.Identity, body.Text("userId"));
        Assert.Equal(0, body.GetProperty("keyVersion").GetInt64());
        Assert.Equal(group.Id, body.GetProperty("groupId").GetInt64());
        Assert.Matches("^[0-9a-f-]{36}$", body.Text("deviceId"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", body.Text("createdAt"));
        Assert.Equal($"{group.Realm}/devices/{body.Text("deviceId")}", response.Headers.Location?.OriginalString);
        Assert.Equal(["DeviceRegistered"], await app.EventsOfAsync(group.Id));
        var (name, data) = Assert.Single(await app.StreamEventsAsync(group.Id));
        Assert.Equal("device_registered", name);
        Assert.Equal(["deviceId", "deviceName", "deviceType", "userId"], data.Names());
        Assert.Equal("session-of-the-token", await app.ScalarAsync<string>("SELECT session_id FROM devices WHERE device_id = @id::uuid", new { id = body.Text("deviceId") }));
    }

    [Fact]
    public async Task RegisterDevice_X25519Key_IsTaken()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var response = await member.PostAsync($"{group.Realm}/devices", new { deviceName = "a", deviceType = "ios", publicKey = X25519 });
        Assert.Equal(X25519, (await response.AssertJsonAsync(HttpStatusCode.Created)).Text("publicKey"));
    }

    public static TheoryData<string, string, string> Invalid => new()
    {
        { """{"deviceType":"web","publicKey":KEY}""", "VALIDATION_FAILED", "deviceName" },
        { """{"deviceName":null,"deviceType":"web","publicKey":KEY}""", "VALIDATION_FAILED", "deviceName" },
        { """{"deviceName":5,"deviceType":"web","publicKey":KEY}""", "VALIDATION_FAILED", "deviceName" },
        { """{"deviceName":"   ","deviceType":"web","publicKey":KEY}""", "VALIDATION_FAILED", "deviceName" },
        { """{"deviceName":"a\u0007b","deviceType":"web","publicKey":KEY}""", "VALIDATION_FAILED", "deviceName" },
        { $$"""{"deviceName":"{{new string('a', 101)}}","deviceType":"web","publicKey":KEY}""", "VALIDATION_FAILED", "deviceName" },
        { """{"deviceName":"a","publicKey":KEY}""", "VALIDATION_FAILED", "deviceType" },
        { """{"deviceName":"a","deviceType":"","publicKey":KEY}""", "VALIDATION_FAILED", "deviceType" },
        { """{"deviceName":"a","deviceType":"a b","publicKey":KEY}""", "VALIDATION_FAILED", "deviceType" },
        { """{"deviceName":"a","deviceType":"tablét","publicKey":KEY}""", "VALIDATION_FAILED", "deviceType" },
        { """{"deviceName":"a","deviceType":"\u212aindle","publicKey":KEY}""", "VALIDATION_FAILED", "deviceType" }, // its small letter is k
        { $$"""{"deviceName":"a","deviceType":"{{new string('a', 33)}}","publicKey":KEY}""", "VALIDATION_FAILED", "deviceType" },
        { """{"deviceName":"a","deviceType":"web"}""", "VALIDATION_FAILED", "publicKey" },
        { """{"deviceName":"a","deviceType":"web","publicKey":7}""", "VALIDATION_FAILED", "publicKey" },
        { """{"deviceName":"a","deviceType":"web","publicKey":""}""", "INVALID_PUBLIC_KEY", "" },
        { """{"deviceName":"a","deviceType":"web","publicKey":"AAAA"}""", "INVALID_PUBLIC_KEY", "" },
        { """{"deviceName":"a","deviceType":"web","publicKey":"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}""", "INVALID_PUBLIC_KEY", "" },
        { """{"deviceName":"a","deviceType":"web","publicKey":KEY,"groupId":9007199254740991}""", "GROUP_MISMATCH", "" },
        { """{"deviceName":"a","deviceType":"web","publicKey":KEY,"groupId":"7"}""", "VALIDATION_FAILED", "groupId" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task RegisterDevice_InvalidField_RefusedAndNothingStored(string json, string error, string field)
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var keys = new DeviceKeys();

        using var response = await member.PostAsync($"{group.Realm}/devices", json.Replace("KEY", $"\"{keys.PublicKey}\"", StringComparison.Ordinal));

        var body = await response.AssertProblemAsync(400, error);
        if (field.Length > 0)
        {
            Assert.Equal(field, Assert.Single(body.GetProperty("fields").EnumerateObject()).Name);
        }

        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id", new { group.Id }));
        Assert.Empty(await app.EventsOfAsync(group.Id));
    }

    [Fact]
    public async Task RegisterDevice_LongestNameAndType_AreTaken()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var keys = new DeviceKeys();
        using var response = await member.PostAsync($"{group.Realm}/devices", new { deviceName = new string('ü', 100), deviceType = new string('z', 32), publicKey = keys.PublicKey });
        await response.AssertJsonAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task RegisterDevice_SameUserAndKeyAgain_IsTheSameDevice()
    {
        var group = await app.CreateGroupAsync(maxDevices: 1);
        var member = await group.AddMemberAsync();
        using var device = await TestDevice.RegisterAsync(group, member);

        using var response = await member.PostAsync($"{group.Realm}/devices", new { deviceName = "other", deviceType = "ios", publicKey = device.Keys.PublicKey });

        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal(device.Id.ToString(), body.Text("deviceId"));
        Assert.Equal("Firefox on Linux", body.Text("deviceName"));
        Assert.Single(await app.EventsOfAsync(group.Id));
    }

    [Fact]
    public async Task RegisterDevice_KeyOfAnotherMember_RefusedAsInUse()
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        using var response = await (await group.AddMemberAsync()).PostAsync($"{group.Realm}/devices", new { deviceName = "a", deviceType = "ios", publicKey = device.Keys.PublicKey });
        await response.AssertProblemAsync(400, "PUBLIC_KEY_IN_USE");
    }

    [Fact]
    public async Task RegisterDevice_SameKeyInAnotherGroup_IsAnotherDevice()
    {
        var member = await (await app.CreateGroupAsync()).AddMemberAsync();
        var (one, other) = (await app.CreateGroupAsync(), await app.CreateGroupAsync());
        var caller = member with { Groups = [one.Name, other.Name] };
        using var device = await TestDevice.RegisterAsync(one, caller);
        using var again = await TestDevice.RegisterAsync(other, caller, device.Keys);
        Assert.NotEqual(device.Id, again.Id);
    }

    [Fact]
    public async Task RegisterDevice_KeyOfARevokedDevice_Refused()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        await scene.RevokeAsync(device);
        using var response = await scene.Member.PostAsync($"{scene.Group.Realm}/devices", new { deviceName = "a", deviceType = "ios", publicKey = device.Keys.PublicKey });
        await response.AssertProblemAsync(400, "PUBLIC_KEY_REVOKED");
    }

    [Fact]
    public async Task RegisterDevice_X25519KeyInAnotherSpelling_IsTheSameKey()
    {
        using var scene = await Scene.CreateAsync(app);
        var der = Convert.FromBase64String(X25519);
        der[^1] |= 0x80; // the bit that is masked (RFC 7748 §5)
        using var first = await RegisterAsync(scene, X25519);
        var id = (await first.AssertJsonAsync(HttpStatusCode.Created)).Text("deviceId");

        using var again = await RegisterAsync(scene, Convert.ToBase64String(der));
        Assert.Equal((id, X25519), ((await again.AssertJsonAsync(HttpStatusCode.OK)).Text("deviceId"), (await again.AssertJsonAsync(HttpStatusCode.OK)).Text("publicKey")));

        using var revoked = await scene.Administrator.PostAsync($"{scene.Group.Admin}/devices/{id}/revoke");
        await revoked.AssertNoContentAsync();
        using var back = await RegisterAsync(scene, Convert.ToBase64String(der));
        await back.AssertProblemAsync(400, "PUBLIC_KEY_REVOKED");
    }

    [Fact]
    public async Task RegisterDevice_SessionThatCannotBeStored_IsNone()
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, await group.AddMemberAsync() with { SessionId = "a\0b" });
        Assert.Null(await app.ScalarAsync<string?>("SELECT session_id FROM devices WHERE device_id = @Id", new { device.Id }));
    }

    [Fact]
    public async Task RegisterDevice_NoPlaceLeft_RefusedWithTheNumbers()
    {
        var group = await app.CreateGroupAsync(maxDevices: 2);
        var member = await group.AddMemberAsync();
        using var one = await TestDevice.RegisterAsync(group, member);
        using var two = await TestDevice.RegisterAsync(group, member);
        using var keys = new DeviceKeys();

        using var response = await member.PostAsync($"{group.Realm}/devices", new { deviceName = "a", deviceType = "ios", publicKey = keys.PublicKey });

        var body = await response.AssertProblemAsync(409, "DEVICE_LIMIT_REACHED");
        Assert.Equal((2, 2, true), (body.GetProperty("current").GetInt32(), body.GetProperty("max").GetInt32(), body.GetProperty("limitReached").GetBoolean()));
        Assert.Equal(2, (await app.EventsOfAsync(group.Id)).Count);
    }

    [Fact]
    public async Task RegisterDevice_RevokedAndDeletedDevices_TakeNoPlace()
    {
        using var scene = await Scene.CreateAsync(app, maxDevices: 2);
        using var revoked = await scene.RegisterAsync();
        await scene.RevokeAsync(revoked);
        using var deleted = await scene.RegisterAsync();
        using (var answer = await scene.Administrator.DeleteAsync($"{scene.Group.Admin}/devices/{deleted.Id}"))
        {
            await answer.AssertNoContentAsync();
        }

        using var next = await scene.RegisterAsync();
    }

    [Theory]
    [InlineData(100, 5)]
    [InlineData(20, 1)]
    public async Task RegisterDevice_InParallelWithFewPlacesLeft_EachPlaceIsGivenOnce(int callers, int places)
    {
        var group = await app.CreateGroupAsync(places);
        var member = await group.AddMemberAsync();
        var keys = Enumerable.Range(0, callers).Select(_ => new DeviceKeys()).ToList();

        var answers = await Task.WhenAll(keys.Select(key => member.PostAsync($"{group.Realm}/devices", new { deviceName = "a", deviceType = "ios", publicKey = key.PublicKey })));

        Assert.Equal(places, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(callers - places, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(places, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id", new { group.Id }));
        Assert.Equal(places, (await app.EventsOfAsync(group.Id)).Count);
        Assert.Equal(places, await group.ColumnAsync<long>("change_number"));
        keys.ForEach(key => key.Dispose());
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task RegisterDevice_SameKeyInParallel_IsOneDevice()
    {
        var group = await app.CreateGroupAsync();
        var member = await group.AddMemberAsync();
        using var keys = new DeviceKeys();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => member.PostAsync($"{group.Realm}/devices", new { deviceName = "a", deviceType = "ios", publicKey = keys.PublicKey })));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(19, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Array.ForEach(answers, answer => answer.Dispose());
    }

    private static Task<HttpResponseMessage> RegisterAsync(Scene scene, string publicKey)
        => scene.Member.PostAsync($"{scene.Group.Realm}/devices", new { deviceName = "a", deviceType = "ios", publicKey });

    [Fact]
    public async Task RegisterDevice_GlobalAdministratorWhoIsNoMember_Forbidden()
    {
        var group = await app.CreateGroupAsync();
        using var keys = new DeviceKeys();
        using var response = await app.GlobalAdministrator().PostAsync($"{group.Realm}/devices", new { deviceName = "a", deviceType = "ios", publicKey = keys.PublicKey });
        await response.AssertProblemAsync(403, "FORBIDDEN");
    }
}
