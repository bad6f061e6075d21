using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using TestSupport;

namespace Platform.Tests;

/// <summary>Somebody who calls device-registry through the gateway, with a token of the tests' issuer.</summary>
internal sealed class Member(HttpClient client, TokenSigner tokens, string identity, string? sessionId = null, IReadOnlyList<string>? roles = null)
{
    public const string Api = "authlance/identity/api/v1";

    public string Identity => identity;

    /// <summary>A group's number, by its name; <see langword="null"/> while there is none for him.</summary>
    public async Task<long?> FindGroupAsync(string name)
    {
        using var response = await SendAsync(HttpMethod.Get, $"{Api}/realm/group/{name}");
        return response.IsSuccessStatusCode ? (await ReadAsync(response)).GetProperty("id").GetInt64() : null;
    }

    /// <summary>Creates a group with one member; for global administrators.</summary>
    /// <returns>Its number.</returns>
    public async Task<long> CreateGroupAsync(string member, string? name = null)
    {
        name ??= $"group-{Guid.NewGuid():N}";
        using var created = await SendAsync(HttpMethod.Put, $"{Api}/admin/group", new { id = -1, name });
        var group = (await ReadAsync(created)).GetProperty("id").GetInt64();
        using var added = await SendAsync(HttpMethod.Post, $"{Api}/admin/group/{name}/members", new { identity = member, group = name });
        await ReadAsync(added);
        return group;
    }

    public async Task<IReadOnlyList<JsonElement>> ListDevicesAsync(long group)
    {
        using var response = await SendAsync(HttpMethod.Get, $"{Api}/realm/groups/{group}/devices");
        return [.. (await ReadAsync(response)).EnumerateArray()];
    }

    /// <summary>Enrols a device with a fresh key.</summary>
    public async Task<Guid> RegisterAsync(long group)
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var response = await SendAsync(
            HttpMethod.Post, $"{Api}/realm/groups/{group}/devices",
            new { deviceName = "Firefox on Linux", deviceType = "web", publicKey = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()) });
        return (await ReadAsync(response)).GetProperty("deviceId").GetGuid();
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body as HttpContent ?? (body is null ? null : JsonContent.Create(body)) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Sign(identity, roles, sessionId));
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Opens the group's event stream.</summary>
    public async Task<GroupStream> OpenStreamAsync(long group, Guid? device = null, string? lastEventId = null)
    {
        var response = await SendAsync(HttpMethod.Get, $"{Api}/realm/groups/{group}/devices/events{(device is null ? "" : $"?deviceId={device}")}", lastEventId: lastEventId);
        response.EnsureSuccessStatusCode();
        return new GroupStream(response, await response.Content.ReadAsStreamAsync());
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }
}
