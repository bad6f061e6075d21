using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pairing.Tests.Infrastructure;

/// <summary>A phone: a key, and the two calls of the contract.</summary>
public sealed class TestPhone(PairingApp app, ECDsa? key = null) : IDisposable
{
    public const string Measurement = "[[0.125,-1.5,2e1],[7]]";

    public ECDsa Key { get; } = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string DeviceId { get; init; } = $"android:{Guid.NewGuid():N}";

    public string PushToken { get; init; } = $"fcm-{Guid.NewGuid():N}";

    public string PublicKey => Key.ExportSubjectPublicKeyInfoPem();

    public string Thumbprint => Base64Url.EncodeToString(SHA256.HashData(Key.ExportSubjectPublicKeyInfo()));

    public IDictionary<string, object?> Announcement() => new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["deviceId"] = DeviceId,
        ["displayName"] = "Ada's phone",
        ["publicKey"] = PublicKey,
        ["fcmToken"] = PushToken,
        ["platform"] = "ANDROID",
        ["osVersion"] = "15",
        ["model"] = "Pixel 9",
    };

    public Task<HttpResponseMessage> PostInitAsync(string jwt, object? announcement = null, HttpClient? client = null)
        => PostAsync("init", jwt, JsonSerializer.Serialize(announcement ?? Announcement()), client);

    /// <summary>Inits, and expects it to succeed.</summary>
    public async Task<string> InitAsync(string jwt)
    {
        using var response = await PostInitAsync(jwt);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("nonce").GetString()!;
    }

    public Task<HttpResponseMessage> PostCompleteAsync(string jwt, string signature, string dataToken, HttpClient? client = null)
        => PostAsync("complete", jwt, JsonSerializer.Serialize(new { dataToken, signature }), client);

    /// <summary>Completes with a right proof.</summary>
    public async Task<HttpResponseMessage> PostCompleteAsync(string jwt, string nonce)
        => await PostCompleteAsync(jwt, Sign(nonce), await DataTokenAsync());

    /// <summary>The whole way, which is expected to succeed.</summary>
    public async Task PairAsync(TestPairing pairing)
    {
        var nonce = await InitAsync(pairing.Jwt);
        using var response = await PostCompleteAsync(pairing.Jwt, nonce);
        Assert.True(response.StatusCode == HttpStatusCode.NoContent, await response.Content.ReadAsStringAsync());
    }

    public string Sign(string nonce) => Base64Url.EncodeToString(SignBytes(Encoding.ASCII.GetBytes(nonce)));

    public byte[] SignBytes(byte[] data) => Key.SignData(data, HashAlgorithmName.SHA256);

    public async Task<string> DataTokenAsync(string? payload = null)
    {
        var keys = await app.Client.GetFromJsonAsync<JsonElement>("/.well-known/jwks.json");
        return TestDataToken.Create(keys.GetProperty("keys")[0], Key, payload ?? $$"""{"refEcg":{{Measurement}}}""");
    }

    public async Task<HttpResponseMessage> PostAsync(string operation, string jwt, string json, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/mobile/v1/pairing/{operation}")
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", jwt);
        return await (client ?? app.Client).SendAsync(request);
    }

    public void Dispose() => Key.Dispose();
}
