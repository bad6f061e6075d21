using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using IdentitySimulator;
using Microsoft.Playwright;
using TestBrowser;
using static Platform.Tests.Identity.Account;

namespace Platform.Tests.Identity;

/// <summary>A stack that knows the test's own provider and lets nobody in without it.</summary>
public sealed class SsoPlatform : IAsyncLifetime
{
    private IDistributedApplicationTestingBuilder? _builder;
    private DistributedApplication? _app;

    public OidcProvider Provider { get; private set; } = null!;

    public Uri Gateway => _app!.GetEndpoint("gateway");

    public async ValueTask InitializeAsync()
    {
        Provider = await OidcProvider.StartAsync();
        _builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
        [
            "--ephemeral=true",
            "--IdentityAuth:Sso:Enabled=true",
            $"--IdentityAuth:Sso:Issuer={Provider.Issuer}",
            $"--IdentityAuth:Sso:ClientId={OidcProvider.ClientId}",
            $"--IdentityAuth:Sso:ClientSecret={OidcProvider.ClientSecret}",
            "--IdentityAuth:Sso:AllowLocalAddresses=true",
        ]);
        _app = await _builder.BuildAsync();
        await _app.StartAsync();
        await _app.ResourceNotifications.WaitForResourceHealthyAsync("gateway");
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        if (_builder is not null)
        {
            await _builder.DisposeAsync();
        }

        await Provider.DisposeAsync();
    }
}

/// <summary>F10: single sign-on through the gateway.</summary>
public sealed class SsoFlowTests(SsoPlatform platform) : IClassFixture<SsoPlatform>
{
    [Fact]
    public async Task F10_SingleSignOn_SignsInOnceAndIsTheOnlyWay()
    {
        using var client = Caller.New(platform.Gateway);

        var status = await client.GetFromJsonAsync<JsonElement>("v1/auth/sso/status");
        Assert.True(status.GetProperty("enabled").GetBoolean() && status.GetProperty("enforced").GetBoolean());
        using var start = await client.PostAsJsonAsync("v1/auth/sso/start", new { redirect_to = "/channels/me" });
        var started = await start.Content.ReadFromJsonAsync<JsonElement>();
        var (code, state) = await OidcProvider.SignInAsync(
            Text(started, "authorization_url"), new OidcProvider.Person("subject-1", "ada@company.example", Name: "Ada"));
        Assert.Equal(Text(started, "state"), state);

        using var complete = await client.PostAsJsonAsync("v1/auth/sso/complete", new { code, state });
        var session = await complete.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((200, "/channels/me"), ((int)complete.StatusCode, Text(session, "redirect_to")));
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/users/@me");
        request.Headers.TryAddWithoutValidation("Authorization", Text(session, "token"));
        using var me = await client.SendAsync(request);
        Assert.Equal("ada@company.example", Text(await me.Content.ReadFromJsonAsync<JsonElement>(), "email"));

        using var again = await client.PostAsJsonAsync("v1/auth/sso/complete", new { code, state });
        Assert.Equal(400, (int)again.StatusCode);
        using var local = await client.PostAsJsonAsync("v1/auth/login", new { email = "ada@company.example", password = "does not matter" });
        Assert.Equal((403, "SSO_REQUIRED"), ((int)local.StatusCode, Text(await local.Content.ReadFromJsonAsync<JsonElement>(), "code")));
    }

    [Fact]
    public async Task F10_InABrowser_ThereAndBackSignsInWhereItBegan()
    {
        await using var chromium = await HeadlessChromium.LaunchAsync();
        await using var context = await chromium.Browser.NewContextAsync(new() { BaseURL = new UriBuilder(platform.Gateway) { Host = "localhost" }.Uri.AbsoluteUri, Locale = "en-US" });
        var page = await context.NewPageAsync();
        // Whoever is at the browser is signed in at the provider.
        await page.RouteAsync($"{platform.Provider.Issuer}/authorize**", route => route.ContinueAsync(new()
        {
            Headers = new Dictionary<string, string>(route.Request.Headers, StringComparer.Ordinal)
            {
                [OidcProvider.PersonHeader] = new OidcProvider.Person("subject-2", "grace@company.example", Name: "Grace Hopper").ToHeader(),
            },
        }));
        await page.GotoAsync("/sessions");

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sessions");
        Assert.Equal("/sessions", new Uri(page.Url).PathAndQuery);
        await page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = "Account", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("grace@company.example");
    }
}
