using System.Net;

namespace AppHost.Tests.Dashboard;

public sealed class LoginTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/", "/login")]
    [InlineData("/console?resource=pairing", "/login?returnUrl=%2Fconsole%3Fresource%3Dpairing")]
    [InlineData("/unknown", "/login?returnUrl=%2Funknown")]
    public async Task Page_NotLoggedIn_RedirectsToLogin(string path, string location)
    {
        await using var server = await DashboardServer.StartAsync();

        using var answer = await server.Anonymous.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(location, answer.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("/api/live")]
    [InlineData("/API/live")]
    [InlineData("/api/logs")]
    [InlineData("/api/traces")]
    [InlineData("/api/metrics")]
    [InlineData("/api/telemetry/resources")]
    [InlineData("/api/resources/pairing-aaaaaaaa/environment")]
    [InlineData("/api/resources/pairing-aaaaaaaa/connection-string")]
    [InlineData("/api/resources/pairing-aaaaaaaa/console.txt")]
    [InlineData("/api/unknown")]
    public async Task Api_NotLoggedIn_Answers401WithoutData(string path)
    {
        await using var server = await DashboardServer.StartAsync();
        server.Source.Set(DashboardServer.Resource());

        using var answer = await server.Anonymous.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain("secret", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData("token-of-the-tes")]
    [InlineData("token-of-the-test2")]
    [InlineData("TOKEN-OF-THE-TEST")]
    public async Task Login_WrongToken_Answers401WithoutCookie(string token)
    {
        await using var server = await DashboardServer.StartAsync();

        using var byLink = await server.Anonymous.GetAsync($"/login?t={token}", Cancellation);
        using var byForm = await server.Anonymous.PostAsync("/login", new FormUrlEncodedContent([new("token", token)]), Cancellation);

        Assert.All([byLink, byForm], answer =>
        {
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.False(answer.Headers.Contains("Set-Cookie"));
        });
        Assert.DoesNotContain(DashboardServer.Token, await byLink.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("platform-dashboard-{0}=")]
    [InlineData("platform-dashboard-{0}=" + DashboardServer.Token)]
    [InlineData("platform-dashboard=anything")]
    public async Task Page_ForgedCookie_RedirectsToLogin(string cookie)
    {
        await using var server = await DashboardServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Cookie", string.Format(null, cookie, server.Host.Url.Port));

        using var answer = await server.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Fact]
    public async Task Page_CookieOfAnotherStart_RedirectsToLogin()
    {
        await using var first = await DashboardServer.StartAsync();
        using var client = await first.LogInAsync();
        var value = client.DefaultRequestHeaders.GetValues("Cookie").Single().Split('=')[1];
        await using var second = await DashboardServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Cookie", $"platform-dashboard-{second.Host.Url.Port}={value}");

        using var answer = await second.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("https://evil.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/\r\nX-Injected: 1")]
    [InlineData("/login?t=x")]
    [InlineData("")]
    public async Task Login_ReturnUrlLeavesTheDashboard_GoesToTheFirstPage(string returnUrl)
    {
        await using var server = await DashboardServer.StartAsync();

        using var answer = await server.Anonymous.PostAsync(
            "/login", new FormUrlEncodedContent([new("token", DashboardServer.Token), new("returnUrl", returnUrl)]), Cancellation);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/", answer.Headers.Location?.OriginalString);
        Assert.False(answer.Headers.Contains("X-Injected"));
    }

    [Fact]
    public async Task Login_RightTokenByLink_SetsAStrictCookieThatIsNotTheToken()
    {
        await using var server = await DashboardServer.StartAsync();

        using var answer = await server.Anonymous.GetAsync(server.Host.LoginUrl, Cancellation);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/", answer.Headers.Location?.OriginalString);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(DashboardServer.Token, cookie, StringComparison.Ordinal);
        Assert.StartsWith($"platform-dashboard-{server.Host.Url.Port}=", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Login_RightTokenByForm_GoesWhereThePersonWanted()
    {
        await using var server = await DashboardServer.StartAsync();

        using var answer = await server.Anonymous.PostAsync(
            "/login", new FormUrlEncodedContent([new("token", $" {DashboardServer.Token}\n"), new("returnUrl", "/console?resource=pairing")]), Cancellation);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/console?resource=pairing", answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Login_NoUrlEncodedForm_Answers415()
    {
        await using var server = await DashboardServer.StartAsync();

        using var text = await server.Anonymous.PostAsync("/login", new StringContent(DashboardServer.Token), Cancellation);
        using var multipart = await server.Anonymous.PostAsync("/login", new MultipartFormDataContent { { new StringContent(DashboardServer.Token), "token" } }, Cancellation);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, text.StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, multipart.StatusCode);
    }

    [Fact]
    public async Task Login_HugeForm_Answers413()
    {
        await using var server = await DashboardServer.StartAsync();

        using var answer = await server.Anonymous.PostAsync("/login", new FormUrlEncodedContent([new("token", new string('x', 40_000))]), Cancellation);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Pages_LoggedIn_AreServed()
    {
        await using var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsync();

        foreach (var path in new[] { "/", "/parameters", "/console", "/logs", "/traces", $"/traces/{new string('a', 32)}", "/metrics" })
        {
            using var answer = await client.GetAsync(path, Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("<title>Platform</title>", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Everything_AllowAnonymous_NeedsNoLogin()
    {
        await using var server = await DashboardServer.StartAsync(DashboardServer.Options with { AllowAnonymous = true, BrowserToken = "", OtlpApiKey = "" });

        using var page = await server.Anonymous.GetAsync("/", Cancellation);
        using var export = await server.ExportAsync("/v1/logs", [], request => request.Headers.Remove("x-otlp-api-key"));

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal(HttpStatusCode.OK, export.StatusCode);
    }

    [Fact]
    public async Task Application_NameWithMarkup_IsEncoded()
    {
        await using var server = await DashboardServer.StartAsync(DashboardServer.Options with { ApplicationName = "<b>\"x\"" });
        using var client = await server.LogInAsync();

        var page = await client.GetStringAsync("/", Cancellation);

        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&quot;x&quot;", page, StringComparison.Ordinal);
    }
}
