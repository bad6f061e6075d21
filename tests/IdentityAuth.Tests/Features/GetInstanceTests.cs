using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.10.</summary>
public sealed class GetInstanceTests(IdentityApp app)
{
    [Fact]
    public async Task GetInstance_Anybody_ReadsItFromAnyPage()
    {
        using var client = app.CreateClient();

        using var response = await client.SendAsync(HttpMethod.Get, "/.well-known/fluxer", null, null, ("Origin", "https://elsewhere.example"));

        var body = await response.JsonAsync(200);
        Assert.Equal("*", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("http://localhost:8080", body.GetProperty("endpoints").Text("api_client"));
        Assert.Equal("http://localhost:8080", body.GetProperty("endpoints").Text("webapp"));
        Assert.Equal("none", body.GetProperty("captcha").Text("provider"));
        Assert.True(body.GetProperty("features").GetProperty("self_hosted").GetBoolean());
        Assert.Equal("""{"version":2,"traitDefinitions":[],"rules":[],"defaultsHash":""}""", body.GetProperty("limits").GetRawText());
        Assert.Equal("http://localhost:8080/auth/sso/callback", body.GetProperty("sso").Text("redirect_uri"));
        Assert.Equal("", body.GetProperty("app_public").Text("sentry_dsn"));
        Assert.Equal(
            ["api_code_version", "endpoints", "captcha", "features", "gif", "sso", "limits", "push", "app_public"], body.EnumerateObject().Select(one => one.Name));
    }
}
