using System.Net;
using System.Security.Cryptography;
using System.Text;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §7.5, tenants.</summary>
public sealed class CreateTenantTests(PairingApp app)
{
    [Fact]
    public async Task CreateTenant_Administrator_GetsIdAndKeyAndOnlyTheHashIsKept()
    {
        using var response = await PostAsync(PairingApp.AdminKey);
        var body = await response.JsonAsync();

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(["apiKey", "id"], body.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        var (id, key) = (Guid.Parse(body.Text("id")), Guid.Parse(body.Text("apiKey")));
        Assert.Equal((4, 4), (id.Version, key.Version));
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(body.Text("apiKey")));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM tenant WHERE id = @id AND api_key_hash = @hash", new { id, hash }));
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM tenant t WHERE t::text LIKE '%' || @key || '%'", new { key = key.ToString() }));
    }

    [Fact]
    public async Task CreateTenant_KeyInUpperCaseAndABody_IsTheSame()
    {
        using var response = await PostAsync(PairingApp.AdminKey.ToUpperInvariant(), new StringContent("<not json>", Encoding.UTF8, "text/xml"));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("6f9619ff-8b86-4011-b42d-00cf4fc964fe")]
    [InlineData("6f9619ff-8b86-4011-b42d-00cf4fc964ff0")]
    [InlineData("wrong")]
    public async Task CreateTenant_WrongKey_RejectedAndNothingStored(string? key)
    {
        var before = await app.CountAsync("SELECT count(*) FROM tenant WHERE api_key_hash = @hash", new { hash = SHA256.HashData(Encoding.ASCII.GetBytes(key ?? "")) });
        using var response = await PostAsync(key);
        await response.AssertProblemAsync(401, "Unauthorized", "invalid_api_key");
        Assert.Equal(0, before);
    }

    [Fact]
    public async Task CreateTenant_TenantsKey_Rejected()
    {
        var tenant = await app.CreateTenantAsync();
        using var response = await PostAsync(tenant.ApiKey);
        await response.AssertProblemAsync(401, "Unauthorized", "invalid_api_key");
    }

    private async Task<HttpResponseMessage> PostAsync(string? key, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/v1/tenants") { Content = content };
        request.Headers.TryAddWithoutValidation("X-API-Key", key);
        return await app.Client.SendAsync(request);
    }
}
