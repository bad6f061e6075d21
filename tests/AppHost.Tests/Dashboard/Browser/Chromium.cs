using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace AppHost.Tests.Dashboard.Browser;

/// <summary>One headless Chromium for the browser tests: the machine's own, nothing is downloaded.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

    private IPlaywright? playwright;
    private IBrowser? browser;

    public async ValueTask InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable("CHROMIUM_PATH") ?? Places.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("The browser tests need Chromium: 'apt-get install chromium', or its path in CHROMIUM_PATH.");
        // On a machine that is busy with other suites a page takes its time; an expectation that is met ends at once.
        Assertions.SetDefaultExpectTimeout(20_000);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
    }

    /// <summary>A fresh profile, 1280 × 800, that collects what goes wrong in the page.</summary>
    internal async Task<BrowserPage> OpenAsync(DashboardServer server, bool logIn = true, int width = 1280, int height = 800, ColorScheme colours = ColorScheme.Light)
    {
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = server.Host.Url.AbsoluteUri,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = colours,
            TimezoneId = "UTC",
            Locale = "en-US",
            ReducedMotion = ReducedMotion.Reduce,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(30_000);
        var page = new BrowserPage(context, await context.NewPageAsync());
        if (logIn)
        {
            await page.Page.GotoAsync(server.Host.LoginUrl.AbsoluteUri);
        }

        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        playwright?.Dispose();
    }
}

/// <summary>A tab whose page must not report an error, ask a foreign origin or break its own content security policy.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "Dashboard", "Screenshots");

    private readonly IBrowserContext context;
    private readonly List<string> problems = [];

    public BrowserPage(IBrowserContext context, IPage page)
    {
        this.context = context;
        Page = page;
        page.PageError += (_, error) => problems.Add(error);
        page.Console += (_, message) =>
        {
            // A refused or lost request is the test's own doing; everything else (also a violated policy) is ours.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                problems.Add(message.Text);
            }
        };
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: "http" or "https" } url && !url.IsLoopback)
            {
                problems.Add($"Asked {url}");
            }
        };
    }

    public IPage Page { get; }

    public static Regex Pattern(string pattern) => new(pattern, RegexOptions.None, TimeSpan.FromSeconds(1));

    /// <summary>Keeps a picture for people, in a folder that git ignores.</summary>
    public Task ScreenshotAsync(string name)
    {
        Directory.CreateDirectory(Folder);
        return Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Folder, $"{name}.png") });
    }

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.Empty(problems);
    }
}
