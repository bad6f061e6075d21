using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AppHost.Tests.Dashboard.Browser;

public sealed class TelemetryPagesTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Logs_ToTraceAndBack_FollowsTheLinks()
    {
        await using var server = await StartAsync();
        await DemoStack.SendTracesAndLogsAsync(server);
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "Structured logs" }).ClickAsync();
        var line = page.Locator("tbody tr").Filter(new() { HasText = "Pairing 01J8Z3 completed by device 8f14e45f" });
        await line.GetByRole(AriaRole.Button).ClickAsync();
        var panel = page.GetByRole(AriaRole.Complementary);
        await Expect(panel).ToContainTextAsync("Pairing {Jti} completed by device {DeviceId}");
        await Expect(panel).ToContainTextAsync("RequestId");
        await Expect(panel).ToContainTextAsync("PairingCompleted");
        await browser.ScreenshotAsync("logs");

        await line.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("gateway: POST /mobile/v1/pairing/complete");
        await Expect(panel).ToContainTextAsync("Logs (1)");
        await browser.ScreenshotAsync("trace");

        await page.GetByRole(AriaRole.Link, new() { Name = "Logs of this trace" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task Logs_Filters_NarrowTheListAndStandInTheAddress()
    {
        await using var server = await StartAsync();
        await DemoStack.SendTracesAndLogsAsync(server);
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GotoAsync("/logs");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(33);

        await page.GetByLabel("Level").SelectOptionAsync("13");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        await page.GetByLabel("Resource").SelectOptionAsync("device-registry");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await page.ReloadAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await page.GotoAsync("/logs");
        await page.GetByLabel("Message").FillAsync("relay PUBLISHED");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(30);
        await page.GetByLabel("Attribute filter").FillAsync("Count=17");
        await page.GetByLabel("Attribute filter").PressAsync("Enter");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(page).ToHaveURLAsync(BrowserPage.Pattern("attr=Count%3D17"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove filter Count=17" }).ClickAsync();

        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(30);
    }

    [Fact]
    public async Task Logs_NewRecordWithException_AppearsByItself()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GotoAsync("/logs");
        await Expect(page.GetByText("No log has arrived yet.")).ToBeVisibleAsync();

        await DemoStack.SendTracesAndLogsAsync(server);
        var line = page.Locator("tbody tr").Filter(new() { HasText = "Pairing could not be started" });
        await line.GetByRole(AriaRole.Button).ClickAsync();

        var panel = page.GetByRole(AriaRole.Complementary);
        await Expect(panel.Locator(".stack")).ToContainTextAsync("System.InvalidOperationException: Postgres is away");
        await browser.ScreenshotAsync("log-exception");
    }

    [Fact]
    public async Task Traces_List_ShowsSpansPerResourceAndErrors()
    {
        await using var server = await StartAsync();
        await DemoStack.SendTracesAndLogsAsync(server);
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GotoAsync("/traces");

        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(14);
        var complete = page.Locator("tbody tr").Filter(new() { HasText = "gateway: POST /mobile/v1/pairing/complete" });
        await Expect(complete).ToContainTextAsync("device-registry 2");
        await Expect(complete).ToContainTextAsync("pairing 5");
        await Expect(page.Locator("tbody tr.has-error")).ToContainTextAsync("1 error");
        await browser.ScreenshotAsync("traces");
        await page.GetByLabel("Only errors").CheckAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await page.GetByLabel("Only errors").UncheckAsync();
        await page.GetByLabel("Type").SelectOptionAsync("messaging");

        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Trace_Waterfall_IsATreeThatNamesPeersAndFolds()
    {
        await using var server = await StartAsync();
        var id = await DemoStack.SendTracesAndLogsAsync(server);
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GotoAsync($"/traces/{id}");

        var rows = page.GetByRole(AriaRole.Treeitem);
        await Expect(rows).ToHaveCountAsync(9);
        // The addresses are localhost's; the app model knows whose they are.
        await Expect(rows.Filter(new() { HasText = "GETDEL" })).ToContainTextAsync("→ redis");
        await Expect(rows.Filter(new() { HasText = "verify signature" })).Not.ToContainTextAsync("→");
        await Expect(page.Locator(".span-row").Filter(new() { HasText = "pairing-db" }).First).ToContainTextAsync("→ postgres");
        var widths = await page.Locator(".span-bar").EvaluateAllAsync<double[]>("bars => bars.map(bar => bar.getBoundingClientRect().width)");
        Assert.True(widths[0] > widths[3]);
        await rows.First.FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(rows).ToHaveCountAsync(2);
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(rows).ToHaveCountAsync(9);
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Complementary)).ToContainTextAsync("Client");
    }

    [Fact]
    public async Task Trace_Unknown_SaysSo()
    {
        await using var server = await StartAsync();
        await using var browser = await chromium.OpenAsync(server);

        await browser.Page.GotoAsync($"/traces/{new string('a', 32)}");

        await Expect(browser.Page.GetByText("This trace is not kept (any more).")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Metrics_Instruments_AreDrawnFilteredAndTabled()
    {
        await using var server = await StartAsync();
        await DemoStack.SendMetricsAsync(server);
        await using var browser = await chromium.OpenAsync(server);
        var page = browser.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Metrics" }).ClickAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "http.server.requests" }).ClickAsync();
        await Expect(page.Locator("svg.chart path.series")).ToHaveCountAsync(1);
        await page.GetByLabel("Range").SelectOptionAsync("30");
        await page.GetByLabel("Split by").SelectOptionAsync("http.route");
        await Expect(page.Locator("svg.chart path.series")).ToHaveCountAsync(2);
        await browser.ScreenshotAsync("metrics-counter");
        await page.Locator(".dimensions").GetByLabel("http.request.method").SelectOptionAsync("POST");
        await Expect(page.Locator("svg.chart path.series")).ToHaveCountAsync(1);
        await page.GetByLabel("Table").CheckAsync();
        await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "/mobile/v1/pairing/complete" })).ToBeVisibleAsync();

        await page.GotoAsync("/metrics?resource=pairing&meter=Microsoft.AspNetCore.Hosting&instrument=http.server.request.duration&minutes=15");
        await Expect(page.Locator(".legend")).ToContainTextAsync("P99");
        await browser.ScreenshotAsync("metrics-histogram");
    }

    [Theory]
    [InlineData("/logs", "logs-dark", 1280)]
    [InlineData("/traces", "traces-narrow", 700)]
    [InlineData("/metrics?resource=pairing&meter=Microsoft.AspNetCore.Hosting&instrument=outbox.depth&minutes=30", "metrics-narrow", 700)]
    public async Task Pages_OtherThemeOrWidth_FitWithoutSidewaysScrolling(string path, string name, int width)
    {
        await using var server = await StartAsync();
        await DemoStack.SendTracesAndLogsAsync(server);
        await DemoStack.SendMetricsAsync(server);
        await using var browser = await chromium.OpenAsync(server, width: width, colours: width == 1280 ? ColorScheme.Dark : ColorScheme.Light);

        await browser.Page.GotoAsync(path);
        await Expect(browser.Page.Locator("tbody tr, path.series").First).ToBeVisibleAsync();

        Assert.Equal(width, await browser.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await browser.ScreenshotAsync(name);
    }

    private static async Task<DashboardServer> StartAsync()
    {
        var server = await DashboardServer.StartAsync();
        DemoStack.AddResources(server.Source);
        return server;
    }
}
