using System.Globalization;
using System.Security.Cryptography;
using Campaigns.Tests.Faults.Loads;

namespace Campaigns.Tests.Secrets;

internal sealed class DeviceRegistrySecrets : ISecretStory
{
    private const string Api = "authlance/identity/api/v1";

    public async Task<IReadOnlyList<Secret>> RunAsync(LoadContext context)
    {
        using var client = Caller.New(context.Platform.Gateway);
        var administrator = context.Platform.AdministratorToken;
        var name = $"campaign-{Guid.NewGuid():N}";
        var person = await OkAsync(HttpMethod.Post, "v1/auth/register", new { date_of_birth = "1990-01-02", consent = true }, token: null);
        var token = person.Text("token");
        var group = (await OkAsync(HttpMethod.Put, $"{Api}/admin/group", new { id = -1, name }, administrator)).Body.GetProperty("id").GetInt64();
        await OkAsync(HttpMethod.Post, $"{Api}/admin/group/{name}/members", new { identity = person.Text("user_id"), group = name }, administrator);
        var invited = $"ada-{Guid.NewGuid():N}@example.org";
        await OkAsync(HttpMethod.Post, $"{Api}/admin/group/{name}/members", new { email = invited, firstName = "Ada", lastName = "Secret", group = name }, administrator);
        List<Secret> secrets = [new("administrator's session token", administrator), new("session token", token), new("invited address", invited)];

        // A device with the group's key, secrets, and a push token.
        var realm = string.Create(CultureInfo.InvariantCulture, $"{Api}/realm/groups/{group}");
        var (wrappedKey, payload, pushToken) = (NewCiphertext(), NewCiphertext(), $"push-{Guid.NewGuid():N}");
        var device = await RegisterAsync();
        await OkAsync(HttpMethod.Post, $"{realm}/devices/{device}/activate", new { encryptedGroupKey = wrappedKey }, token);
        await OkAsync(HttpMethod.Post, $"{realm}/secrets", new { encryptedPayload = payload }, token);
        await OkAsync(HttpMethod.Put, $"{realm}/devices/{device}/push-token", new { pushToken, platform = "android" }, token);
        await OkAsync(HttpMethod.Post, $"{realm}/devices/{device}/heartbeat", null, token);
        await OkAsync(HttpMethod.Get, $"{realm}/devices/{device}/key", null, token);
        await OkAsync(HttpMethod.Get, $"{realm}/secrets", null, token);
        secrets.AddRange([new("wrapped key", wrappedKey), new("encrypted secrets", payload), new("push token", pushToken)]);

        // Another one asks and is granted; a grant that is refused.
        var other = await RegisterAsync();
        var request = (await OkAsync(HttpMethod.Post, $"{realm}/devices/key-requests", new { requestingDeviceId = other }, token)).Text("requestId");
        var (granted, refused, rotated, newPayload) = (NewCiphertext(), NewCiphertext(), NewCiphertext(), NewCiphertext());
        await OkAsync(HttpMethod.Post, $"{realm}/devices/key-requests/{request}/grant", new { encryptedGroupKey = granted }, token);
        await client.CallAsync(HttpMethod.Post, $"{realm}/devices/key-requests/{request}/grant", new { encryptedGroupKey = refused }, token);
        await OkAsync(
            HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"{Api}/realm/admin/groups/{group}/keys/rotate"),
            new { deviceKeys = new[] { new { deviceId = device, encryptedGroupKey = rotated, senderPublicKey = NewPublicKey() } }, newEncryptedSecrets = newPayload }, administrator);
        secrets.AddRange([new("granted key", granted), new("refused key", refused), new("rotated key", rotated), new("new encrypted secrets", newPayload)]);
        return secrets;

        async Task<string> RegisterAsync()
            => (await OkAsync(HttpMethod.Post, $"{realm}/devices", new { deviceName = "Firefox on Linux", deviceType = "web", publicKey = NewPublicKey() }, token)).Text("deviceId");

        async Task<Reply> OkAsync(HttpMethod method, string path, object? body, string? token)
            => await client.CallAsync(method, path, body, token) is { IsSuccess: true } reply ? reply : throw new InvalidOperationException($"{path} was refused.");
    }

    private static string NewCiphertext() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(60));

    private static string NewPublicKey()
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
    }
}
