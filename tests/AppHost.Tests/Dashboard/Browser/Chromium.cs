using System.Text.RegularExpressions;
using Microsoft.Playwright;
using TestBrowser;

namespace AppHost.Tests.Dashboard.Browser;

/// <summary>One Chromium for the tests of the dashboard's pages.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private HeadlessChromium? chromium;

    public async ValueTask InitializeAsync() => chromium = await HeadlessChromium.LaunchAsync();

    /// <summary>A fresh profile, 1280 × 800, that collects what goes wrong in the page.</summary>
    internal async Task<BrowserPage> OpenAsync(DashboardServer server, bool logIn = true, int width = 1280, int height = 800, ColorScheme colours = ColorScheme.Light)
    {
        var context = await chromium!.Browser.NewContextAsync(new BrowserNewContextOptions
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
        if (chromium is not null)
        {
            await chromium.DisposeAsync();
        }
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
