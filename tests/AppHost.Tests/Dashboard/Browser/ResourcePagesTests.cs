using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AppHost.Tests.Dashboard.Browser;

public sealed class ResourcePagesTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Login_TypedWrongThenRight_EndsOnTheAskedPage()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server, logIn: false);
        var page = browser.Page;

        await page.GotoAsync("/console?resource=" + DemoStack.PairingId);
        await page.GetByLabel("Token").FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not right");
        await browser.ScreenshotAsync("login-refused");
        await page.GotoAsync("/console?resource=" + DemoStack.PairingId);
        await page.GetByLabel("Token").FillAsync(DashboardServer.Token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();

        await Expect(page).ToHaveURLAsync(BrowserPage.Pattern("/console\\?resource=" + DemoStack.PairingId));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Console" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Resources_DemoStack_ShowsStatesChildrenAndReplicas()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;

        await Expect(Row(page, DemoStack.PairingId)).ToContainTextAsync("Running");
        await Expect(Row(page, DemoStack.SecondPairingId)).ToContainTextAsync("Running (Unhealthy)");
        await Expect(Row(page, DemoStack.SecondPairingId)).ToContainTextAsync("2 restarts");
        await Expect(Row(page, "identity-auth-wertzuio")).ToContainTextAsync("Exited (exit code 139)");
        await Expect(Row(page, "device-registry-poiuztre")).ToContainTextAsync("Waiting for identity-auth");
        await Expect(Row(page, "gateway-lkjhgfds").GetByRole(AriaRole.Link, new() { Name = "Gateway", Exact = true })).ToHaveAttributeAsync("href", "http://localhost:8080");
        await Expect(page.Locator("tbody tr").Nth(1)).ToContainTextAsync("pairing-db");
        await Expect(Row(page, "pairing-db").Locator(".depth-1")).ToBeVisibleAsync();
        await Expect(page.Locator("tbody")).Not.ToContainTextAsync("pairing-admin-key");
        await browser.ScreenshotAsync("resources");
    }

    [Fact]
    public async Task Resources_StateChanges_IsShownAndAnnounced()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await Expect(Row(page, DemoStack.PairingId)).ToContainTextAsync("Running");

        server.Source.Set(DashboardServer.Resource(DemoStack.PairingId) with { State = "Exited", Health = null, ExitCode = 137, ProcessId = null, Commands = ["start"] });

        await Expect(Row(page, DemoStack.PairingId)).ToContainTextAsync("Exited (exit code 137)");
        await Expect(page.Locator("#announcer")).ToHaveTextAsync("pairing is Exited (exit code 137)");
        await Expect(Row(page, DemoStack.PairingId).GetByRole(AriaRole.Button, new() { Name = "Start pairing" })).ToBeVisibleAsync();
        await Expect(Row(page, DemoStack.PairingId).GetByRole(AriaRole.Button, new() { Name = "Stop pairing" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Resources_CommandClicked_ReachesTheEngineOrSaysWhyNot()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;

        await Row(page, "redis-hjklasdf").GetByRole(AriaRole.Button, new() { Name = "Restart redis" }).ClickAsync();
        await Expect(Row(page, "redis-hjklasdf").GetByRole(AriaRole.Button, new() { Name = "Restart redis" })).ToBeEnabledAsync();
        Assert.Equal(["redis-hjklasdf restart"], server.Source.Executed);
        server.Source.OnExecute = (_, _) => "It is stopping already.";
        await Row(page, "redis-hjklasdf").GetByRole(AriaRole.Button, new() { Name = "Stop redis" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("redis: It is stopping already.");
    }

    [Fact]
    public async Task Resources_Filter_StandsInTheAddressAndKeepsParents()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;

        await page.GetByLabel("Filter").FillAsync("pairing-db");

        await Expect(page).ToHaveURLAsync(BrowserPage.Pattern("filter=pairing-db"));
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        await page.ReloadAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("postgres");
        await page.GetByLabel("Filter").FillAsync("nothing like it");
        await Expect(page.GetByText("No resource matches the filter.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Details_Environment_IsMaskedUntilClicked()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;

        await Row(page, DemoStack.SecondPairingId).Locator("th button").ClickAsync();
        var panel = page.GetByRole(AriaRole.Complementary, new() { Name = "Details of the resource" });
        await Expect(panel).ToContainTextAsync("Pairing__AdminKey");
        await Expect(panel).ToContainTextAsync("503 Service Unavailable, expected 200");
        Assert.DoesNotContain("secret-", await page.ContentAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("Development", await panel.InnerTextAsync(), StringComparison.Ordinal);

        await panel.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Expect(panel).ToContainTextAsync("Development");
        Assert.DoesNotContain("secret-", await page.ContentAsync(), StringComparison.Ordinal);
        await panel.GetByRole(AriaRole.Button, new() { Name = "Show the value of Pairing__AdminKey" }).ClickAsync();
        await Expect(panel).ToContainTextAsync("secret-variable");
        await browser.ScreenshotAsync("resource-details");

        await panel.GetByRole(AriaRole.Button, new() { Name = "Hide the value of Pairing__AdminKey" }).ClickAsync();
        await Expect(panel).Not.ToContainTextAsync("secret-variable");
        await page.Keyboard.PressAsync("Escape");
        await Expect(panel).ToBeHiddenAsync();
        await page.GoBackAsync();
        await Expect(panel).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Details_References_LeadThereAndBack()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;

        await page.GotoAsync("/?resource=gateway-lkjhgfds");
        var panel = page.GetByRole(AriaRole.Complementary, new() { Name = "Details of the resource" });
        await panel.GetByRole(AriaRole.Link, new() { Name = "redis", Exact = true }).ClickAsync();

        await Expect(panel.GetByRole(AriaRole.Heading, new() { Name = "redis" })).ToBeVisibleAsync();
        await Expect(panel.GetByRole(AriaRole.Heading, new() { Name = "Referenced by" })).ToBeVisibleAsync();
        await Expect(panel.GetByRole(AriaRole.Link, new() { Name = "gateway", Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Parameters_Value_IsMaskedUntilClicked()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Parameters" }).ClickAsync();

        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator("tbody")).ToContainTextAsync("Parameters__pairing_admin_key");
        await Expect(page.Locator("tbody")).ToContainTextAsync("Value missing");
        await page.GetByRole(AriaRole.Button, new() { NameRegex = BrowserPage.Pattern("^Show the value") }).ClickAsync();

        await Expect(page.Locator("tbody")).ToContainTextAsync("secret-parameter");
        await browser.ScreenshotAsync("parameters");
    }

    [Fact]
    public async Task Console_Lines_AreColouredMarkedAndNeverMarkup()
    {
        await using var server = await StartAsync();
        DemoStack.AddConsole(server.Source, DemoStack.PairingId);
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;

        await page.GotoAsync($"/console?resource={DemoStack.PairingId}");

        await Expect(page.Locator(".line")).ToHaveCountAsync(120);
        await Expect(page.Locator(".line").First.Locator(".ansi-2")).ToHaveTextAsync("info");
        await Expect(page.Locator(".line.error").First).ToContainTextAsync("<script>alert('no')</script>");
        await Expect(page.Locator(".line").Nth(1).GetByRole(AriaRole.Link)).ToHaveAttributeAsync("href", "http://localhost:40531");
        await Expect(page.Locator(".line time").First).ToBeHiddenAsync();
        await page.GetByLabel("Timestamps").CheckAsync();
        await Expect(page.Locator(".line time").Last).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(BrowserPage.Pattern("times=1"));
        await browser.ScreenshotAsync("console");
    }

    [Fact]
    public async Task Console_NewLines_AreFollowedUntilThePersonScrollsUp()
    {
        await using var server = await StartAsync();
        DemoStack.AddConsole(server.Source, DemoStack.PairingId);
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GotoAsync($"/console?resource={DemoStack.PairingId}");
        await Expect(page.Locator(".line")).ToHaveCountAsync(120);

        server.Source.Write(DemoStack.PairingId, "followed");
        await Expect(page.GetByText("followed", new() { Exact = true })).ToBeInViewportAsync();
        await page.Locator(".console").HoverAsync();
        await page.Mouse.WheelAsync(0, -2_000);
        await Expect(page.GetByLabel("Follow")).Not.ToBeCheckedAsync();
        server.Source.Write(DemoStack.PairingId, "below");
        await Expect(page.GetByText("below", new() { Exact = true })).ToBeAttachedAsync();
        await Expect(page.GetByText("below", new() { Exact = true })).Not.ToBeInViewportAsync();
        await page.GetByLabel("Follow").CheckAsync();

        await Expect(page.GetByText("below", new() { Exact = true })).ToBeInViewportAsync();
    }

    [Fact]
    public async Task Console_ProcessRestarts_KeepsTheLinesAndMarksIt()
    {
        await using var server = await StartAsync();
        var started = DateTimeOffset.UtcNow.AddSeconds(-10);
        var pairing = DashboardServer.Resource(DemoStack.PairingId) with { StartedAt = started, ProcessId = 100 };
        server.Source.Set(pairing);
        server.Source.Write(DemoStack.PairingId, "first run", at: started.AddSeconds(1));
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GotoAsync($"/console?resource={DemoStack.PairingId}");
        await Expect(page.GetByText("first run")).ToBeVisibleAsync();

        server.Source.Set(pairing with { State = "Exited", Health = null, ProcessId = null, ExitCode = 134 });
        server.Source.Set(pairing with { StartedAt = started.AddSeconds(60), ProcessId = 101, Restarts = 1, ExitCode = 134 });
        server.Source.Write(DemoStack.PairingId, "second run", at: started.AddSeconds(61));

        await Expect(page.Locator(".mark").Filter(new() { HasText = "Process 100 ended with exit code 134" })).ToBeVisibleAsync();
        await Expect(page.Locator(".mark").Filter(new() { HasText = "Restart 1, process 101" })).ToBeVisibleAsync();
        await Expect(page.GetByText("second run")).ToBeVisibleAsync();
        var text = await page.Locator(".console").InnerTextAsync();
        Assert.True(text.IndexOf("first run", StringComparison.Ordinal) < text.IndexOf("Process 100 ended", StringComparison.Ordinal));
        Assert.True(text.IndexOf("Process 100 ended", StringComparison.Ordinal) < text.IndexOf("Restart 1", StringComparison.Ordinal));
        Assert.True(text.IndexOf("Restart 1", StringComparison.Ordinal) < text.IndexOf("second run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Console_Download_GivesTheWholeText()
    {
        await using var server = await StartAsync();
        DemoStack.AddConsole(server.Source, DemoStack.PairingId);
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GotoAsync($"/console?resource={DemoStack.PairingId}");

        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());

        var text = await File.ReadAllLinesAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
        Assert.Equal(120, text.Length);
        Assert.EndsWith(" out info: Microsoft.Hosting.Lifetime[14]", text[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Console_ResourceChosen_ShowsTheOtherLines()
    {
        await using var server = await StartAsync();
        server.Source.Write(DemoStack.PairingId, "of the first");
        server.Source.Write(DemoStack.SecondPairingId, "of the second");
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GotoAsync($"/console?resource={DemoStack.PairingId}");
        await Expect(page.GetByText("of the first")).ToBeVisibleAsync();

        await page.GetByLabel("Resource").SelectOptionAsync(DemoStack.SecondPairingId);

        await Expect(page.GetByText("of the second")).ToBeVisibleAsync();
        await Expect(page.GetByText("of the first")).ToHaveCountAsync(0);
        await page.GoBackAsync();
        await Expect(page.GetByText("of the first")).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData(1280, ColorScheme.Dark, "resources-dark")]
    [InlineData(700, ColorScheme.Light, "resources-narrow")]
    public async Task Resources_OtherThemeOrWidth_FitsWithoutSidewaysScrolling(int width, ColorScheme colours, string name)
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server, width: width, colours: colours);
        var page = browser.Page;

        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(11);

        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await browser.ScreenshotAsync(name);
    }

    [Fact]
    public async Task Theme_Switched_StaysAfterReload()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        var before = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");

        await page.GetByRole(AriaRole.Button, new() { Name = "Switch between light and dark" }).ClickAsync();
        await page.ReloadAsync();

        Assert.NotEqual(before, await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    [Fact]
    public async Task Connection_AppHostGone_IsSaidAndLeadsToTheLoginAfterItsRestart()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await Expect(page.Locator("#connection")).ToHaveTextAsync("Live");
        var url = server.Host.Url;

        await server.Host.DisposeAsync();
        await Expect(page.Locator("#banner")).ToBeVisibleAsync();
        await using var next = await DashboardServer.StartAsync(DashboardServer.Options with { FrontendUrl = url }, server.Source);

        await Expect(page).ToHaveURLAsync(BrowserPage.Pattern("/login"));
    }

    private static async Task<DashboardServer> StartAsync()
    {
        var server = await DashboardServer.StartAsync();
        DemoStack.AddResources(server.Source);
        return server;
    }

    private static ILocator Row(IPage page, string id) => page.Locator($"tr[data-id=\"{id}\"]");
}
