using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Pairing.Tests.Infrastructure;

/// <summary>A tenant's login server.</summary>
public sealed class TestTenant(PairingApp app, Guid id, string apiKey)
{
    public PairingApp App => app;

    public Guid Id => id;

    public string ApiKey => apiKey;

    public async Task<TestPairing> CreatePairingAsync(Guid? userId = null, long? ttlSeconds = null, string username = "ada")
    {
        var user = userId ?? Guid.NewGuid();
        using var response = await PostPairingAsync(new { userId = user, username, ttlSeconds });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        return new TestPairing(
            this, user, body.GetProperty("jti").GetGuid(), body.GetProperty("jwt").GetString()!, body.GetProperty("ttl").GetInt32(), body.GetProperty("exp").GetInt64());
    }

    public Task<HttpResponseMessage> PostPairingAsync(object body) => PostPairingAsync(JsonSerializer.Serialize(body));

    public Task<HttpResponseMessage> PostPairingAsync(string json)
        => SendAsync(HttpMethod.Post, "/tenants/v1/pairing", new StringContent(json, Encoding.UTF8, "application/json"));

    public async Task<(string Status, string? Reason)> StatusAsync(Guid jti)
    {
        using var response = await SendAsync(HttpMethod.Get, $"/tenants/v1/pairing/status/{jti}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        return (body.GetProperty("status").GetString()!, body.TryGetProperty("reason", out var reason) ? reason.GetString() : null);
    }

    public async Task<JsonElement> DevicesAsync(Guid userId)
    {
        using var response = await SendAsync(HttpMethod.Get, $"/tenants/v1/users/{userId}/devices");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Add("X-API-Key", apiKey);
        return await app.Client.SendAsync(request);
    }
}

/// <summary>A pairing, as the login server knows it.</summary>
public sealed record TestPairing(TestTenant Tenant, Guid UserId, Guid Jti, string Jwt, int Ttl, long Exp)
{
    public Task<(string Status, string? Reason)> StatusAsync() => Tenant.StatusAsync(Jti);
}
