using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §3.1: what a device in each state can do and have done to it, from every state that is the wrong one.</summary>
public sealed class DeviceStateTests(RegistryApp app)
{
    private const string Blob = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

    private static readonly string[] States = ["pending", "active", "left out", "revoked", "deleted"];

    /// <summary>Operation, and what it answers in each of <see cref="States"/>; the device belongs to the caller, who is a plain member.</summary>
    public static TheoryData<string, string, string, string[]> Operations => new()
    {
        { "POST", "R/devices/ID/activate", $$"""{"encryptedGroupKey":"{{Blob}}"}""", ["403 KEY_GRANT_REQUIRED", "200", "403 KEY_GRANT_REQUIRED", "403 DEVICE_REVOKED", "404 DEVICE_NOT_FOUND"] },
        { "POST", "R/devices/ID/heartbeat", "", ["204", "204", "204", "403 DEVICE_REVOKED", "404 DEVICE_NOT_FOUND"] },
        { "GET", "R/devices/ID/key", "", ["404 KEY_NOT_AVAILABLE", "200", "404 KEY_NOT_AVAILABLE", "403 DEVICE_REVOKED", "404 DEVICE_NOT_FOUND"] },
        { "PUT", "R/devices/ID/public-key", """{"publicKey":"MCowBQYDK2VuAyEACQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}""", ["204", "204", "204", "403 DEVICE_REVOKED", "404 DEVICE_NOT_FOUND"] },
        { "PUT", "R/devices/ID/push-token", """{"pushToken":"token-of-ID","platform":"ios"}""", ["204", "204", "204", "403 DEVICE_REVOKED", "404 DEVICE_NOT_FOUND"] },
        { "DELETE", "R/devices/ID/push-token", "", ["204", "204", "204", "403 DEVICE_REVOKED", "404 DEVICE_NOT_FOUND"] },
        { "POST", "R/devices/key-requests", """{"requestingDeviceId":"ID"}""", ["201", "201", "201", "403 DEVICE_REVOKED", "400 UNKNOWN_DEVICE"] },
        { "GET", "R/keys/version?deviceId=ID", "", ["200", "200", "200", "200", "404 DEVICE_NOT_FOUND"] },
        { "GET", "R/devices/ID", "", ["200", "200", "200", "200", "404 DEVICE_NOT_FOUND"] },
        { "POST", "A/devices/ID/revoke", "", ["204", "204", "204", "204", "404 DEVICE_NOT_FOUND"] },
        { "DELETE", "A/devices/ID", "", ["204", "204", "204", "204", "404 DEVICE_NOT_FOUND"] },
        { "POST", "A/keys/rotate", $$"""{"deviceKeys":[{"deviceId":"ID","encryptedGroupKey":"{{Blob}}"}]}""", ["400 INVALID_DEVICE_KEYS", "200", "200", "400 INVALID_DEVICE_KEYS", "400 INVALID_DEVICE_KEYS"] },
        { "POST", "R/devices/key-requests/OTHERS/grant", $$"""{"encryptedGroupKey":"{{Blob}}","grantingDeviceId":"ID"}""", ["403 NO_ACTIVE_DEVICE", "204", "409 KEY_VERSION_CONFLICT", "403 NO_ACTIVE_DEVICE", "403 NO_ACTIVE_DEVICE"] },
        { "POST", "R/devices/key-requests/OTHERS/reject", "", ["403 NO_ACTIVE_DEVICE", "204", "204", "403 NO_ACTIVE_DEVICE", "403 NO_ACTIVE_DEVICE"] },
        { "GET", "R/secrets", "", ["403 NO_ACTIVE_DEVICE", "200", "200", "403 NO_ACTIVE_DEVICE", "403 NO_ACTIVE_DEVICE"] },
        { "PUT", "R/secrets", $$"""{"encryptedPayload":"{{Blob}}"}""", ["403 NO_ACTIVE_DEVICE", "200", "409 KEY_VERSION_CONFLICT", "403 NO_ACTIVE_DEVICE", "403 NO_ACTIVE_DEVICE"] },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Operation_InEveryState_AnswersAsTheContractSays(string method, string path, string body, string[] answers)
    {
        for (var i = 0; i < States.Length; i++)
        {
            using var scene = await Scene.CreateAsync(app);
            using var device = await InStateAsync(scene, States[i]);
            using var asking = await scene.RegisterAsync(scene.Administrator);
            var request = await asking.RequestKeyAsync();
            await scene.StoreSecretsAsync();
            var events = await scene.EventCountAsync();
            var isAdministrators = path.StartsWith('A');

            using var response = await (isAdministrators ? scene.Administrator : scene.Member).SendAsync(
                new HttpMethod(method),
                path.Replace("R/", scene.Group.Realm + "/", StringComparison.Ordinal).Replace("A/", scene.Group.Admin + "/", StringComparison.Ordinal)
                    .Replace("ID", device.Id.ToString(), StringComparison.Ordinal).Replace("OTHERS", request.ToString(), StringComparison.Ordinal),
                body.Length == 0 ? null : Body(body.Replace("ID\"", device.Id + "\"", StringComparison.Ordinal), path));

            if ((int)response.StatusCode < 400)
            {
                Assert.Equal((States[i], answers[i]), (States[i], $"{(int)response.StatusCode}"));
            }
            else
            {
                var problem = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
                Assert.Equal((States[i], answers[i]), (States[i], $"{(int)response.StatusCode} {problem.Text("error")}"));
                Assert.Equal(events, await scene.EventCountAsync());
            }
        }
    }

    // The group has secrets: a rotation has to bring them along.
    private static string Body(string body, string path)
        => path.EndsWith("rotate", StringComparison.Ordinal) ? body[..^1] + $",\"newEncryptedSecrets\":\"{Blob}\"}}" : body;

    private static async Task<TestDevice> InStateAsync(Scene scene, string state)
    {
        if (state == "pending")
        {
            return await scene.RegisterAsync();
        }

        var device = await scene.JoinAsync();
        switch (state)
        {
            case "active":
                Assert.Equal(scene.Key, await device.OpenKeyAsync()); // fetched, so that it may be wrapped again
                break;
            case "left out":
                await scene.RotateAsync(scene.First);
                break;
            case "revoked":
                await scene.RevokeAsync(device);
                break;
            default:
                using (var deleted = await scene.Administrator.DeleteAsync($"{scene.Group.Admin}/devices/{device.Id}"))
                {
                    await deleted.AssertNoContentAsync();
                }

                break;
        }

        return device;
    }
}
