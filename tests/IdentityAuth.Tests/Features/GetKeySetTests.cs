using System.Buffers.Text;
using System.Text.Json;
using IdentityAuth.Domain.Tokens;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class GetKeySetTests(IdentityApp app)
{
    [Fact]
    public async Task GetKeySet_Keys_ArePublicHalvesThatMayBeCachedByAnybody()
    {
        using var client = app.CreateClient();
        using var response = await client.SendAsync(HttpMethod.Get, "/identity-auth/.well-known/jwks.json", headers: ("Origin", "https://anywhere.example"));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("public, max-age=300", response.Headers.CacheControl!.ToString());
        Assert.Equal("*", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.NotNull(response.Headers.ETag);
        var keys = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("keys").EnumerateArray().ToList();
        Assert.Equal(2, keys.Count);
        Assert.All(keys, key =>
        {
            Assert.Equal(["kty", "crv", "x", "y", "kid", "alg", "use"], key.EnumerateObject().Select(member => member.Name));
            Assert.Equal(("EC", "P-256", "ES256", "sig"), (key.Text("kty"), key.Text("crv"), key.Text("alg"), key.Text("use")));
            Assert.Equal(32, Base64Url.DecodeFromChars(key.Text("x")).Length);
            Assert.Equal(SigningKey.Thumbprint(key.Text("x"), key.Text("y")), key.Text("kid"));
        });
    }
}
