using System.Net.Http.Json;
using System.Text.Json;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>
/// Contract §1.4: a device or request of another group is "not found". To the byte: whoever asks with ids that he has collected elsewhere must not
/// learn that they mean something there, not even when he owns them there.
/// </summary>
public sealed class ForeignIdTests(RegistryApp app)
{
    private const string Blob = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

    public static TheoryData<string, string, string> DeviceOperations => new()
    {
        { "GET", "R/devices/ID", "" },
        { "POST", "R/devices/ID/activate", $$"""{"encryptedGroupKey":"{{Blob}}"}""" },
        { "POST", "R/devices/ID/heartbeat", "" },
        { "GET", "R/devices/ID/key", "" },
        { "PUT", "R/devices/ID/public-key", """{"publicKey":"MCowBQYDK2VuAyEACQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}""" },
        { "PUT", "R/devices/ID/push-token", """{"pushToken":"t","platform":"ios"}""" },
        { "DELETE", "R/devices/ID/push-token", "" },
        { "GET", "R/devices/events?deviceId=ID", "" },
        { "GET", "R/keys/version?deviceId=ID", "" },
        { "POST", "R/devices/key-requests", """{"requestingDeviceId":"ID"}""" },
        { "POST", "A/devices/ID/revoke", "" },
        { "DELETE", "A/devices/ID", "" },
        { "POST", "A/keys/rotate", $$"""{"deviceKeys":[{"deviceId":"ID","encryptedGroupKey":"{{Blob}}"}]}""" },
    };

    [Theory]
    [MemberData(nameof(DeviceOperations))]
    public async Task Device_OfAnotherGroup_AnswersAsOneThatIsNowhere(string method, string path, string body)
    {
        using var here = await Scene.CreateAsync(app);
        using var elsewhere = await Scene.CreateAsync(app);
        // He administers both groups, and the device is his own.
        await app.ExecuteAsync("UPDATE devices SET user_id = @Identity WHERE device_id = @Id", new { here.Administrator.Identity, elsewhere.First.Id });
        await app.ExecuteAsync(
            "INSERT INTO group_members (group_id, identity, state, roles, created_at, updated_at) VALUES (@Id, @Identity, 'active', '{group-admin}', now(), now())",
            new { elsewhere.Group.Id, here.Administrator.Identity });

        await AssertSameAsync(here, method, path, body, elsewhere.First.Id, elsewhere);
    }

    public static TheoryData<string, string, string> RequestOperations => new()
    {
        { "GET", "R/devices/key-requests/ID", "" },
        { "POST", "R/devices/key-requests/ID/grant", $$"""{"encryptedGroupKey":"{{Blob}}"}""" },
        { "POST", "R/devices/key-requests/ID/reject", "" },
    };

    [Theory]
    [MemberData(nameof(RequestOperations))]
    public async Task KeyRequest_OfAnotherGroup_AnswersAsOneThatIsNowhere(string method, string path, string body)
    {
        using var here = await Scene.CreateAsync(app);
        using var elsewhere = await Scene.CreateAsync(app);
        using var device = await elsewhere.RegisterAsync();

        await AssertSameAsync(here, method, path, body, await device.RequestKeyAsync(), elsewhere);
    }

    [Fact]
    public async Task DeviceHeader_OfAnotherGroup_IsNotOwned()
    {
        using var here = await Scene.CreateAsync(app);
        using var elsewhere = await Scene.CreateAsync(app);
        await app.ExecuteAsync("UPDATE devices SET user_id = @Identity WHERE device_id = @Id", new { here.Administrator.Identity, elsewhere.First.Id });
        using var response = await (here.Administrator with { DeviceHeader = elsewhere.First.Id.ToString() }).GetAsync($"{here.Group.Realm}/keys/version");
        await response.AssertProblemAsync(403, "DEVICE_NOT_OWNED");
    }

    private static async Task AssertSameAsync(Scene here, string method, string path, string body, Guid foreign, Scene elsewhere)
    {
        var before = (await here.EventCountAsync(), await elsewhere.EventCountAsync());
        var unknown = Guid.NewGuid();

        var (status, ofForeign) = await SendAsync(here, method, path, body, foreign);
        var (statusOfUnknown, ofUnknown) = await SendAsync(here, method, path, body, unknown);

        Assert.InRange(status, 400, 404);
        Assert.Equal((statusOfUnknown, ofUnknown.Replace(unknown.ToString(), "ID", StringComparison.Ordinal)), (status, ofForeign.Replace(foreign.ToString(), "ID", StringComparison.Ordinal)));
        Assert.Equal(before, (await here.EventCountAsync(), await elsewhere.EventCountAsync()));
    }

    private static async Task<(int Status, string Body)> SendAsync(Scene scene, string method, string path, string body, Guid id)
    {
        path = path.Replace("R/", scene.Group.Realm + "/", StringComparison.Ordinal).Replace("A/", scene.Group.Admin + "/", StringComparison.Ordinal);
        using var response = await scene.Administrator.SendAsync(
            new HttpMethod(method),
            path.Replace("ID", id.ToString(), StringComparison.Ordinal),
            body.Length == 0 ? null : body.Replace("\"ID\"", $"\"{id}\"", StringComparison.Ordinal));
        var answer = await response.Content.ReadFromJsonAsync<Dictionary<string, JsonElement>>();
        answer!.Remove("requestId");
        return ((int)response.StatusCode, JsonSerializer.Serialize(answer));
    }
}
