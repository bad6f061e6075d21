using System.Text.Json;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class GetProviderConfigurationTests(IdentityApp app)
{
    [Fact]
    public async Task GetProviderConfiguration_Anybody_LearnsIssuerAndKeySet()
    {
        using var client = app.CreateClient();
        using var response = await client.GetAsync("/identity-auth/.well-known/openid-configuration");

        Assert.Equal("public, max-age=300", response.Headers.CacheControl!.ToString());
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("http://localhost:8080/identity-auth", body.Text("issuer"));
        Assert.Equal("http://localhost:8080/identity-auth/.well-known/jwks.json", body.Text("jwks_uri"));
        Assert.Equal("http://localhost:8080/v1/auth/token", body.Text("token_endpoint"));
        Assert.Equal(["ES256"], body.GetProperty("id_token_signing_alg_values_supported").EnumerateArray().Select(one => one.GetString()));
    }
}
