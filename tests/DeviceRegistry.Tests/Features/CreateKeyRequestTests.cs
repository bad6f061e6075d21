using System.Net;
using DeviceRegistry.Tests.Infrastructure;
using TestSupport;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.14.</summary>
public sealed class CreateKeyRequestTests(RegistryApp app)
{
    [Fact]
    public async Task CreateKeyRequest_PendingDevice_AsksForADay()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();

        using var response = await AskAsync(scene, new { requestingDeviceId = device.Id });

        var body = await response.AssertJsonAsync(HttpStatusCode.Created);
        Assert.Equal(("pending", device.Keys.PublicKey, device.Id.ToString()), (body.Text("status"), body.Text("requestingPublicKey"), body.Text("requestingDeviceId")));
        Assert.Equal(TimeSpan.FromDays(1), body.GetProperty("expiresAt").GetDateTimeOffset() - body.GetProperty("createdAt").GetDateTimeOffset());
        Assert.Equal("KeyRequestCreated", (await app.EventsOfAsync(scene.Group.Id))[^1]);
        var (name, data) = (await app.StreamEventsAsync(scene.Group.Id))[^1];
        Assert.Equal("key_request_created", name);
        Assert.Equal(["expiresAt", "requestId", "requestingDeviceId", "requestingPublicKey"], data.Names());
    }

    [Fact]
    public async Task CreateKeyRequest_Again_IsTheOpenOne()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var first = await device.RequestKeyAsync();
        using var response = await AskAsync(scene, new { requestingDeviceId = device.Id, requestingPublicKey = device.Keys.PublicKey, groupId = scene.Group.Id });
        Assert.Equal(first.ToString(), (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("requestId"));
        Assert.Single(await app.EventsOfAsync(scene.Group.Id), "KeyRequestCreated");
    }

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    public async Task CreateKeyRequest_InParallel_OneRow(int callers)
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => AskAsync(scene, new { requestingDeviceId = device.Id })));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(callers - 1, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM key_requests WHERE device_id = @Id", new { device.Id }));
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task CreateKeyRequest_ExpiredOneNotSwept_MakesRoom()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var old = await device.RequestKeyAsync();
        await app.ExecuteAsync("UPDATE key_requests SET expires_at = now() - interval '1 s' WHERE request_id = @old", new { old });
        Assert.NotEqual(old, await device.RequestKeyAsync());
        Assert.Equal(["KeyRequestExpired", "KeyRequestCreated"], (await app.EventsOfAsync(scene.Group.Id)).TakeLast(2));
    }

    [Fact]
    public async Task CreateKeyRequest_DeviceInBody_IsCheckedInOrder()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        using var revoked = await scene.RegisterAsync();
        await scene.RevokeAsync(revoked);
        using var other = new DeviceKeys();
        var events = await scene.EventCountAsync();

        await RefusedAsync(scene, """{}""", 400, "VALIDATION_FAILED");
        await RefusedAsync(scene, """{"requestingDeviceId":7}""", 400, "VALIDATION_FAILED");
        await RefusedAsync(scene, """{"requestingDeviceId":"not-a-uuid"}""", 400, "UNKNOWN_DEVICE");
        await RefusedAsync(scene, new { requestingDeviceId = Guid.NewGuid() }, 400, "UNKNOWN_DEVICE");
        await RefusedAsync(scene, new { requestingDeviceId = device.Id, groupId = scene.Group.Id + 1 }, 400, "GROUP_MISMATCH");
        await RefusedAsync(scene, new { requestingDeviceId = scene.First.Id }, 403, "DEVICE_NOT_OWNED");
        await RefusedAsync(scene, new { requestingDeviceId = revoked.Id }, 403, "DEVICE_REVOKED");
        await RefusedAsync(scene, new { requestingDeviceId = device.Id, requestingPublicKey = other.PublicKey }, 400, "PUBLIC_KEY_MISMATCH");
        await RefusedAsync(scene, new { requestingDeviceId = device.Id, requestingPublicKey = "AAAA" }, 400, "INVALID_PUBLIC_KEY");
        Assert.Equal(events, await scene.EventCountAsync());
    }

    [Fact]
    public async Task CreateKeyRequest_GroupWithoutKey_Refused()
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        using var response = await device.Owner.PostAsync($"{group.Realm}/devices/key-requests", new { requestingDeviceId = device.Id });
        await response.AssertProblemAsync(400, "GROUP_KEY_NOT_INITIALIZED");
    }

    [Fact]
    public async Task CreateKeyRequest_EleventhInAnHour_Limited()
    {
        await using var limited = await RegistryApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["DeviceRegistry:RateLimits"] = "true" }, new FakeClock());
        using var scene = await Scene.CreateAsync(limited);
        using var device = await scene.RegisterAsync();
        for (var i = 0; i < 10; i++)
        {
            var request = await device.RequestKeyAsync();
            using var rejected = await scene.Member.PostAsync($"{scene.Group.Realm}/devices/key-requests/{request}/reject");
            await rejected.AssertNoContentAsync();
            limited.FakeClock.Advance(TimeSpan.FromMinutes(1));
        }

        using (var response = await AskAsync(scene, new { requestingDeviceId = device.Id }))
        {
            await response.AssertProblemAsync(429, "RATE_LIMITED");
            Assert.Equal(TimeSpan.FromMinutes(50), response.Headers.RetryAfter?.Delta);
        }

        limited.FakeClock.Advance(TimeSpan.FromMinutes(50));
        await device.RequestKeyAsync();
    }

    private static Task<HttpResponseMessage> AskAsync(Scene scene, object body) => scene.Member.PostAsync($"{scene.Group.Realm}/devices/key-requests", body);

    private static async Task RefusedAsync(Scene scene, object body, int status, string error)
    {
        using var response = await AskAsync(scene, body);
        await response.AssertProblemAsync(status, error);
    }
}
