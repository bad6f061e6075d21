using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Campaigns.Tests.Faults.Loads;

namespace Campaigns.Tests.BadInput.Insiders;

/// <summary>A member of a group with an active device and one that asks for the key, and the administrator of everything.</summary>
internal sealed class DeviceRegistryInsider : IInsider, IDisposable
{
    private const string Api = "authlance/identity/api/v1";

    /// <summary>Spoilt requests revoke devices and remove members.</summary>
    private const int UsesOfAGroup = 25;

    private readonly SemaphoreSlim gate = new(1, 1);
    private SignedInPlatform? platform;
    private Scene scene = new("", "", 0, "", "", "", "");
    private int uses = UsesOfAGroup;

    public string Service => "device-registry";

    public Task PrepareAsync(SignedInPlatform platform)
    {
        this.platform = platform;
        return Task.CompletedTask;
    }

    public async Task FillInAsync(RequestDraft draft, Random random)
    {
        var now = await TakeSceneAsync();
        var path = draft.Operation.Path;
        foreach (var name in draft.PathValues.Keys.ToList())
        {
            draft.PathValues[name] = name switch
            {
                "groupId" => now.Group.ToString(CultureInfo.InvariantCulture),
                "deviceId" => random.Chance(0.5) ? now.Active : now.Pending,
                "requestId" => now.Request,
                "name" => now.Name,
                "identity" => now.Identity,
                _ => draft.PathValues[name],
            };
        }

        // An event stream that is let in does not end.
        if (!path.EndsWith("/events", StringComparison.Ordinal))
        {
            draft.SetHeader("Authorization", $"Bearer {(path.Contains("/admin/", StringComparison.Ordinal) ? platform!.AdministratorToken : now.Token)}");
        }

        for (var at = 0; at < draft.Query.Count; at++)
        {
            draft.Query[at] = (draft.Query[at].Name, draft.Query[at].Name == "deviceId" ? now.Active : draft.Query[at].Value);
        }

        draft.Headers.RemoveAll(header => header.Name is "X-Device-Id" or "If-Match");
        for (var at = 0; at < (draft.Members?.Count ?? 0); at++)
        {
            draft.Members![at] = (draft.Members[at].Name, Json(draft.Members[at].Name, now, random) ?? draft.Members[at].Json);
        }
    }

    public void Dispose() => gate.Dispose();

    private static string? Json(string name, Scene now, Random random) => name switch
    {
        "deviceName" => "\"Firefox on Linux\"",
        "deviceType" => "\"web\"",
        "publicKey" or "senderPublicKey" => Text(NewPublicKey()),
        "requestingPublicKey" => "null",
        "groupId" => now.Group.ToString(CultureInfo.InvariantCulture),
        "group" => Text(now.Name),
        "name" => Text($"campaign-{random.Next()}"),
        "id" => random.Chance(0.7) ? "-1" : now.Group.ToString(CultureInfo.InvariantCulture),
        "identity" => Text(random.Chance(0.5) ? now.Identity : $"{random.Next()}"),
        "requestingDeviceId" => Text(now.Pending),
        "grantingDeviceId" => Text(now.Active),
        "encryptedGroupKey" or "encryptedPayload" or "newEncryptedSecrets" => Text(NewCiphertext()),
        "deviceKeys" => $"[{{\"deviceId\":\"{now.Active}\",\"encryptedGroupKey\":\"{NewCiphertext()}\",\"senderPublicKey\":\"{NewPublicKey()}\"}}]",
        "expectedKeyVersion" or "expectedVersion" => "1",
        "pushToken" => Text($"push-{random.Next()}"),
        "platform" => "\"android\"",
        "roles" => "[\"group-admin\"]",
        "max" => "10",
        "email" => Text($"somebody-{random.Next()}@example.org"),
        _ => null,
    };

    private static string Text(string text) => JsonSerializer.Serialize(text);

    private static string NewCiphertext() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(60));

    private static string NewPublicKey()
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
    }

    private async Task<Scene> TakeSceneAsync()
    {
        await gate.WaitAsync();
        try
        {
            if (++uses >= UsesOfAGroup)
            {
                scene = await NewSceneAsync();
                uses = 0;
            }

            return scene;
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<Scene> NewSceneAsync()
    {
        using var client = Caller.New(platform!.Gateway);
        var name = $"campaign-{Guid.NewGuid():N}";
        var person = await OkAsync(HttpMethod.Post, "v1/auth/register", new { date_of_birth = "1990-01-02", consent = true });
        var (token, identity) = (person.Text("token"), person.Text("user_id"));
        var group = (await OkAsync(HttpMethod.Put, $"{Api}/admin/group", new { id = -1, name }, platform.AdministratorToken)).Body.GetProperty("id").GetInt64();
        await OkAsync(HttpMethod.Post, $"{Api}/admin/group/{name}/members", new { identity, group = name }, platform.AdministratorToken);
        var devices = string.Create(CultureInfo.InvariantCulture, $"{Api}/realm/groups/{group}/devices");
        var active = await RegisterAsync();
        await OkAsync(HttpMethod.Post, $"{devices}/{active}/activate", new { encryptedGroupKey = NewCiphertext() }, token);
        var pending = await RegisterAsync();
        var request = (await OkAsync(HttpMethod.Post, $"{devices}/key-requests", new { requestingDeviceId = pending }, token)).Text("requestId");
        return new Scene(token, identity, group, name, active, pending, request);

        async Task<string> RegisterAsync()
            => (await OkAsync(HttpMethod.Post, devices, new { deviceName = "Firefox on Linux", deviceType = "web", publicKey = NewPublicKey() }, token)).Text("deviceId");

        async Task<Reply> OkAsync(HttpMethod method, string path, object body, string? token = null)
        {
            var (reply, _) = await JsonCalls.InsistAsync(() => client.CallAsync(method, path, body, token), attempts: 5);
            return reply.IsSuccess ? reply : throw new InvalidOperationException($"{method} {path}: {reply}");
        }
    }

    private sealed record Scene(string Token, string Identity, long Group, string Name, string Active, string Pending, string Request);
}
