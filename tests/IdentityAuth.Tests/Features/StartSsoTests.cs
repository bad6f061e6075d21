using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;
using Microsoft.AspNetCore.WebUtilities;

namespace IdentityAuth.Tests.Features;

public sealed class StartSsoTests(SsoApp sso) : IClassFixture<SsoApp>
{
    [Fact]
    public async Task StartSso_Ready_SendsTheBrowserToTheProvider()
    {
        using var response = await sso.Client.PostAsync("/v1/auth/sso/start", new { redirect_to = (string?)null });

        var body = await response.JsonAsync(200);
        var url = new Uri(body.Text("authorization_url"));
        var query = QueryHelpers.ParseQuery(url.Query);
        Assert.Equal($"{sso.Provider.Issuer}/authorize", url.GetLeftPart(UriPartial.Path));
        Assert.Matches("^[0-9a-f]{32}$", body.Text("state"));
        Assert.Equal("http://localhost:8080/auth/sso/callback", body.Text("redirect_uri"));
        Assert.Equal(
            ("code", OidcProvider.ClientId, body.Text("redirect_uri"), "openid email profile", body.Text("state"), "S256"),
            (query["response_type"].ToString(), query["client_id"].ToString(), query["redirect_uri"].ToString(), query["scope"].ToString(), query["state"].ToString(),
                query["code_challenge_method"].ToString()));
        Assert.Equal((43, 22), (query["code_challenge"].ToString().Length, query["nonce"].ToString().Length));
    }

    [Fact]
    public async Task StartSso_EveryTime_IsDifferent()
    {
        using var first = await sso.Client.PostAsync("/v1/auth/sso/start");
        using var second = await sso.Client.PostAsync("/v1/auth/sso/start");
        var (one, two) = (await first.JsonAsync(200), await second.JsonAsync(200));

        Assert.NotEqual(one.Text("state"), two.Text("state"));
        var (left, right) = (QueryHelpers.ParseQuery(new Uri(one.Text("authorization_url")).Query), QueryHelpers.ParseQuery(new Uri(two.Text("authorization_url")).Query));
        Assert.NotEqual(left["code_challenge"], right["code_challenge"]);
        Assert.NotEqual(left["nonce"], right["nonce"]);
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b?c=d#e", "/a/b?c=d#e")]
    [InlineData("//evil.example", "")]
    [InlineData("/\\evil.example", "")]
    [InlineData("https://evil.example", "")]
    [InlineData("javascript:alert(1)", "")]
    [InlineData("/a\r\nSet-Cookie: x", "")]
    [InlineData("a", "")]
    public async Task StartSso_RedirectTo_OnlyAPathOfThisSiteIsKept(string redirectTo, string kept)
    {
        var subject = Guid.NewGuid().ToString();

        using var response = await sso.SignInAsync(new OidcProvider.Person(subject, $"{subject}@company.example"), redirectTo);

        Assert.Equal(kept, (await response.JsonAsync(200)).Text("redirect_to"));
    }

    [Fact]
    public async Task StartSso_RedirectToOf2049Characters_IsRefused()
    {
        using var longest = await sso.Client.PostAsync("/v1/auth/sso/start", new { redirect_to = "/" + new string('a', 2047) });
        using var longer = await sso.Client.PostAsync("/v1/auth/sso/start", new { redirect_to = "/" + new string('a', 2048) });

        await longest.JsonAsync(200);
        await longer.AssertFieldsAsync("redirect_to=STRING_LENGTH_INVALID");
    }

    [Theory]
    [InlineData("Enabled", "false")]
    [InlineData("Issuer", "http://localhost:1")]
    public async Task StartSso_NotReady_IsDisabled(string setting, string value)
    {
        await using var own = await SsoApp.StartAsync(null, (setting, value));

        using var start = await own.Client.PostAsync("/v1/auth/sso/start");
        using var complete = await own.CompleteAsync("c", "s");

        await start.AssertProblemAsync(403, "FEATURE_TEMPORARILY_DISABLED");
        await complete.AssertProblemAsync(403, "FEATURE_TEMPORARILY_DISABLED");
    }

    [Fact]
    public async Task StartSso_DiscoveryOfAnotherIssuer_IsDisabled()
    {
        await using var own = await SsoApp.StartAsync(new() { DiscoveredIssuer = "https://evil.example" });

        using var response = await own.Client.PostAsync("/v1/auth/sso/start");

        await response.AssertProblemAsync(403, "FEATURE_TEMPORARILY_DISABLED");
    }
}
