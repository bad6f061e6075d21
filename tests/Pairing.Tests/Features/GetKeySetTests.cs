using System.Net;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §7.4; the keys themselves: <c>Domain/KeyRingTests</c>.</summary>
public sealed class GetKeySetTests(PairingApp app)
{
    [Fact]
    public async Task GetKeySet_Anybody_GetsTheKeysAndMayCacheThem()
    {
        using var response = await app.Client.GetAsync("/.well-known/jwks.json", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("public, max-age=300", response.Headers.CacheControl?.ToString());
        var keys = (await response.JsonAsync()).GetProperty("keys");
        Assert.Equal("enc", keys[0].Text("use"));
        Assert.Equal("sig", keys[1].Text("use"));
        Assert.DoesNotContain("\"d\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
