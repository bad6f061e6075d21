using Microsoft.Playwright;

namespace TestBrowser;

/// <summary>The machine's own Chromium without a window. Playwright downloads nothing; on a machine without one it is installed as the servers are.</summary>
public sealed class HeadlessChromium : IAsyncDisposable
{
    private readonly IPlaywright playwright;

    private HeadlessChromium(IPlaywright playwright, IBrowser browser)
    {
        this.playwright = playwright;
        Browser = browser;
    }

    public IBrowser Browser { get; }

    /// <exception cref="InvalidOperationException">There is no Chromium; the message says what to do.</exception>
    public static async Task<HeadlessChromium> LaunchAsync()
    {
        var path = await ChromiumProgram.FindAsync();

        // How long a page takes depends on what else the machine does, what it shows does not; an expectation that is met ends at once.
        Assertions.SetDefaultExpectTimeout(20_000);
        var driver = await Playwright.CreateAsync();
        var browser = await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            Args =
            [
                // No sandbox: Chromium refuses to run as root with one, and the pages are our own.
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
        return new HeadlessChromium(driver, browser);
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        playwright.Dispose();
    }
}
